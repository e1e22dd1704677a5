"""Theories in the notations of other systems.

Everything is written from checked symbols, and each notation has one function that says how a
symbol is written in it, so that no word of a person is ever read as more than a name.
"""

from collections.abc import Callable

from nexus.logic.theory import Literal, Sign, Theory, checked


def clingo(theory: Theory) -> str:
    """Return the theory as a program of clingo, one clause a line; a denial is written ``-p(a)``.

    Raises:
        LanguageError: the theory is not well typed.
    """
    return _program(theory, _clingo)


def prolog(theory: Theory) -> str:
    """Return the theory as Prolog, one clause a line.

    ``p`` is written ``holds_p`` and its denial ``denied_p``, for Prolog has predicates of its own.
    Recursion to the left ends only where rules are tabled.

    Raises:
        LanguageError: the theory is not well typed.
    """
    return _program(theory, _prolog)


def datalog(theory: Theory) -> str:
    """Return the theory as it is written in messages and proofs, one clause a line.

    Raises:
        LanguageError: the theory is not well typed.
    """
    return _program(theory, str)


def _program(theory: Theory, write: Callable[[Literal], str]) -> str:
    checked(theory)
    facts = [f"{write(fact)}.\n" for fact in theory.facts]
    rules = [f"{write(x.head)} :- {', '.join(map(write, x.body))}.\n" for x in theory.rules]
    return "".join((*facts, *rules))


def _clingo(literal: Literal) -> str:
    sign = {Sign.HOLDS: "", Sign.DENIED: "-", Sign.ABSENT: "not "}[literal.sign]
    predicate, *arguments = (_clingo_symbol(x) for x in literal.atom)
    return f"{sign}{predicate}" + (f"({','.join(arguments)})" if arguments else "")


def _clingo_symbol(name: str) -> str:
    """Return a name as clingo reads it; of symbols, only ``not`` is a word of its own."""
    if name.startswith("?"):
        return name[1:].capitalize()
    return "_not" if name == "not" else name


def _prolog(literal: Literal) -> str:
    sign = "\\+ " if literal.sign is Sign.ABSENT else ""
    said = "denied" if literal.sign is Sign.DENIED else "holds"
    predicate, *arguments = (_prolog_symbol(x) for x in literal.atom)
    return f"{sign}{said}_{predicate}" + (f"({', '.join(arguments)})" if arguments else "")


def _prolog_symbol(name: str) -> str:
    return name[1:].capitalize() if name.startswith("?") else name
