"""PDDL text to planning problems and back; what a problem cannot say is refused by its name.

A text is looked through first: its size, its depth, and every word. Only then does the ``pddl``
package parse it. Names become symbols: ``pick-up`` is ``pick_up``, and what cannot be a symbol is
``x0``, ``x1``, ...; ``Problem.words`` keeps what they were.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from lark.exceptions import UnexpectedInput
from pddl.custom_types import parse_type
from pddl.logic.base import And, Not
from pddl.logic.predicates import Predicate as Formula
from pddl.logic.terms import Constant, Variable
from pddl.parser.domain import DomainParser, DomainTransformer
from pddl.parser.problem import ProblemParser

from nexus.base.errors import LanguageError
from nexus.base.records import Atom
from nexus.logic.planning import (
    OBJECT,
    RESERVED,
    Action,
    Domain,
    Predicate,
    Problem,
    Typed,
    checked,
)
from nexus.logic.theory import SYMBOL, Literal, Sign

LONGEST: Final = 1_000_000
"""Most characters of a text."""
DEEPEST: Final = 20
"""Most brackets within brackets."""
TOKENS: Final = 300_000
"""Most words and brackets of a text."""
TYPED: Final = 5_000
"""Most lists of names with a type; the package takes quadratic time over these."""
_COMMENT: Final = re.compile(r";[^\n]*")
_TOKEN: Final = re.compile(r"[()]|[^\s()]+")
_WORD: Final = re.compile(r"[()=<>+*/-]|[<>]=|[:?]?[a-zA-Z][a-zA-Z0-9_-]*|[0-9.]+")
_NUMBERS: Final = "numbers"
_REFUSED: Final = {
    **dict.fromkeys((":functions", ":metric", "=", "<", ">", "<=", ">="), _NUMBERS),
    **dict.fromkeys(("increase", "decrease", "assign", "scale-up", "scale-down"), _NUMBERS),
    "=": "equality",
    "forall": "quantifiers",
    "exists": "quantifiers",
    "or": "disjunction",
    "imply": "implication",
    "when": "conditional effects",
    "oneof": "effects that may turn out differently",
    "either": "unions of types",
    "preference": "preferences",
    ":derived": "derived predicates",
    ":durative-action": "durations",
    ":constraints": "constraints on the way",
}
"""Word after an opening bracket -> what it would say."""


def read(domain: str, problem: str) -> Problem:
    """Return the planning problem that two PDDL texts say.

    Raises:
        LanguageError: a text is none of PDDL, is too long or too deep, says what a planning problem
            cannot, or is not well typed; with the line where it is known.
    """
    _look_through(domain, "domain")
    _look_through(problem, "problem")
    symbols = _Symbols()
    parsed = _parsed(_Domains, domain, "domain")
    asked = _parsed(ProblemParser, problem, "problem")
    if str(parsed.name).lower() != str(asked.domain_name).lower():
        raise LanguageError(f"the problem is of the domain {asked.domain_name}, not {parsed.name}")
    whole = _domain(parsed, symbols)
    initial, gone = set[Atom](), set[Atom]()
    for formula in asked.init:
        for literal in _literals(formula, symbols, "the initial state"):
            (initial if literal.sign is Sign.HOLDS else gone).add(literal.atom)
    if both := sorted(initial & gone):
        raise LanguageError(f"{Literal(both[0])} is both so and not so in the initial state")
    return checked(
        Problem(
            domain=whole,
            objects=_typed(asked.objects, symbols),
            initial=frozenset(initial),
            goal=tuple(dict.fromkeys(_literals(asked.goal, symbols, "the goal"))),
            words=symbols.words,
        )
    )


def write_domain(domain: Domain) -> str:
    """Return the domain as PDDL; every name is a symbol."""
    lines = [f"(define (domain {domain.name})", "  (:requirements :strips :typing"]
    lines[-1] += " :negative-preconditions)"
    if domain.types:
        lines.append(f"  (:types {_said(domain.types)})")
    if domain.constants:
        lines.append(f"  (:constants {_said(domain.constants)})")
    lines.append("  (:predicates")
    for predicate in domain.predicates:
        places = [Typed(f"?a{at}", kind) for at, kind in enumerate(predicate.types)]
        lines.append(f"    ({' '.join((predicate.name, *_words(places)))})")
    lines[-1] += ")"
    for action in domain.actions:
        lines += [
            f"  (:action {action.name}",
            f"    :parameters ({_said(action.parameters)})",
            f"    :precondition {_conjunction(action.condition)}",
            f"    :effect {_conjunction(action.effect)})",
        ]
    return "\n".join(lines) + ")\n"


def write_problem(problem: Problem, name: str = "asked") -> str:
    """Return the problem as PDDL; every name is a symbol."""
    lines = [f"(define (problem {name})", f"  (:domain {problem.domain.name})"]
    if problem.objects:
        lines.append(f"  (:objects {_said(problem.objects)})")
    lines.append("  (:init")
    lines += [f"    {_literal(Literal(atom))}" for atom in sorted(problem.initial)]
    lines[-1] += ")"
    lines.append(f"  (:goal {_conjunction(problem.goal)}))")
    return "\n".join(lines) + "\n"


def _words(names: Iterable[Typed]) -> Iterator[str]:
    return (f"{x.name} - {x.type}" for x in names)


def _said(names: Iterable[Typed]) -> str:
    return " ".join(_words(names))


def _conjunction(part: Sequence[Literal]) -> str:
    return f"({' '.join(('and', *map(_literal, part)))})"


def _literal(literal: Literal) -> str:
    atom = f"({' '.join(literal.atom)})"
    return atom if literal.sign is Sign.HOLDS else f"(not {atom})"


def _look_through(text: str, what: str) -> None:
    """Refuse by name, with its line, what is not PDDL or what a problem cannot say."""
    if len(text) > LONGEST:
        raise LanguageError(f"the {what} has {len(text)} characters", hint=f"at most {LONGEST}")
    depth, before, tokens, typed = 0, "", 0, 0
    for number, line in enumerate(text.split("\n"), start=1):
        for match in _TOKEN.finditer(_COMMENT.sub("", line)):
            token, where = match.group().lower(), f"line {number} of the {what}"
            if not _WORD.fullmatch(token):
                raise LanguageError(f"{where}: {token[:40]!r} is no word of PDDL")
            if before == "(" and token in _REFUSED:
                hint = "only conjunctions of atoms and negated atoms can be planned for"
                raise LanguageError(f"{where}: {token!r} says {_REFUSED[token]}", hint=hint)
            depth += (token == "(") - (token == ")")
            if depth > DEEPEST:
                raise LanguageError(f"{where}: more than {DEEPEST} brackets within brackets")
            tokens, typed = tokens + 1, typed + (token == "-")
            if tokens > TOKENS or typed > TYPED:
                hint = f"at most {TOKENS} words, and {TYPED} lists of names with a type"
                raise LanguageError(f"{where}: there is too much before this", hint=hint)
            before = token
    if not before:
        raise LanguageError(f"the {what} is empty", hint="it begins with (define")


def _parsed(parser: Any, text: str, what: str) -> Any:
    """Return what the package makes of a text, whatever it raises told as one error."""
    limit = getattr(sys, "tracebacklimit", None)
    try:
        return parser()(text)
    except UnexpectedInput as error:
        token = getattr(error, "token", None) or text[error.pos_in_stream or 0 :][:1]
        place = f"line {error.line} of the {what}" if error.line > 0 else f"the end of the {what}"
        raise LanguageError(f"{place}: {str(token)[:40]!r} is not what PDDL has there") from None
    except Exception as error:  # it asserts, and raises six kinds of its own and Python's
        cause = str(getattr(error, "orig_exc", error)).strip() or type(error).__name__
        raise LanguageError(f"the {what} is not PDDL: {' '.join(cause.split())[:200]}") from None
    finally:  # the package leaves tracebacks switched off behind it
        if limit is None and hasattr(sys, "tracebacklimit"):
            del sys.tracebacklimit


class _Actions(DomainTransformer):
    """The package's own; that one stumbles over what PDDL lets a person say or leave out."""

    def types(self, args: Any) -> Any:
        """Return the types, the one above them all among them."""
        found = super().types(args)
        found["types"].setdefault(parse_type(OBJECT), None)
        return found

    def action_def(self, args: Any) -> Any:
        """Return the action of its parts; one that is left out is an empty conjunction."""
        parts = args[5].children
        for at, name in ((0, ":precondition"), (2, ":effect")):
            if parts[at] is None:
                parts[at : at + 2] = name, And()
        return super().action_def(args)


class _Domains(DomainParser):
    transformer_cls = _Actions


class _Symbols:
    """A symbol for every name; one name is one symbol wherever it stands."""

    def __init__(self) -> None:
        self.words = dict[str, str]()
        self._of = dict[str, str]()

    def __call__(self, word: object) -> str:
        name = str(word).lower()
        if name not in self._of:
            symbol = name.replace("-", "_")
            if not SYMBOL.fullmatch(symbol) or symbol in RESERVED or symbol in self.words:
                symbol = next(x for n in range(LONGEST) if (x := f"x{n}") not in self.words)
            self._of[name], self.words[symbol] = symbol, name
        return self._of[name]

    def type(self, tags: Iterable[object]) -> str:
        """Return the type that a name is tagged with."""
        for tag in tags:
            return OBJECT if str(tag).lower() == OBJECT else self(tag)
        return OBJECT


def _typed(names: Iterable[Any], symbols: _Symbols) -> tuple[Typed, ...]:
    ordered = sorted(names, key=lambda x: str(x.name).lower())
    return tuple(Typed(symbols(x.name), symbols.type(x.type_tags)) for x in ordered)


def _domain(parsed: Any, symbols: _Symbols) -> Domain:
    types = {str(name).lower(): parent for name, parent in parsed.types.items()}
    for parent in list(types.values()):  # a type that is only named as what others are
        if parent is not None and str(parent).lower() != OBJECT:
            types.setdefault(str(parent).lower(), None)
    types.pop(OBJECT, None)
    predicates = sorted(parsed.predicates, key=lambda x: str(x.name).lower())
    return Domain(
        name=symbols(parsed.name),
        types=tuple(
            Typed(symbols(name), symbols.type([] if parent is None else [parent]))
            for name, parent in sorted(types.items())
        ),
        predicates=tuple(
            Predicate(
                name=symbols(x.name), types=tuple(symbols.type(term.type_tags) for term in x.terms)
            )
            for x in predicates
        ),
        actions=tuple(
            _action(x, symbols) for x in sorted(parsed.actions, key=lambda x: str(x.name).lower())
        ),
        constants=_typed(parsed.constants, symbols),
    )


def _action(parsed: Any, symbols: _Symbols) -> Action:
    where = f"the action {parsed.name}"
    return Action(
        name=symbols(parsed.name),
        parameters=tuple(
            Typed(f"?{symbols(x.name)}", symbols.type(x.type_tags)) for x in parsed.parameters
        ),
        condition=tuple(dict.fromkeys(_literals(parsed.precondition, symbols, where))),
        effect=tuple(dict.fromkeys(_literals(parsed.effect, symbols, where))),
    )


def _literals(formula: Any, symbols: _Symbols, where: str) -> Iterator[Literal]:
    """Yield the literals of a conjunction."""
    match formula:
        case None:
            return
        case And():
            for operand in formula.operands:
                yield from _literals(operand, symbols, where)
        case Not(argument=Formula() as inner):
            yield Literal(_atom(inner, symbols), Sign.DENIED)
        case Formula():
            yield Literal(_atom(formula, symbols))
        case _:
            raise LanguageError(
                f"{where} says {str(formula)[:80]!r}",
                hint="only conjunctions of atoms and negated atoms can be planned for",
            )


def _atom(formula: Any, symbols: _Symbols) -> Atom:
    names = list[str]()
    for term in formula.terms:
        assert isinstance(term, (Constant, Variable))
        names.append(f"?{symbols(term.name)}" if isinstance(term, Variable) else symbols(term.name))
    return (symbols(formula.name), *names)
