"""Plain words for what a query speaks of and for what a proof says."""

from collections.abc import Collection, Iterable, Sequence

from nexus.base.records import Atom, Certificate, Premise, ProofStep
from nexus.logic.language import Term


def noun(of: Term, *, plural: bool = False) -> str:
    """Return what a set term denotes: ``red circles left of the big square``."""
    adjectives: list[str] = []
    head, after = "object", ""
    here = of
    while here.op == "filter":
        attribute, value = here.arguments
        if attribute == "shape":
            head = value
        elif attribute == "place":
            after += f" {_place(value)}"
        else:
            adjectives.append(value)
        here = here.children[0]
    if here.op == "related":
        after += f" {_spaced(here.arguments[0])} the {noun(here.children[0])}"
    return " ".join((*adjectives, _plural(head) if plural else head)) + after


def say(atom: Atom, relations: Collection[str], *, holds: bool = True) -> str:
    """Return one literal in words: ``o1 is not red``, ``o1 is left of o2``, ``o1 exists``."""
    return f"{atom[1]} {_predicate(atom, relations, holds=holds, plural=False)}"


def one_of(attribute: str, values: Iterable[str]) -> str:
    """Return values of an attribute as an alternative: ``a circle or a cross``."""
    return " or ".join(_property(attribute, v, plural=False) for v in values)


def explain(certificate: Certificate) -> list[str]:
    """Return the proof in plain words: what each step rests on, then what follows."""
    related = (s.arguments[0] for s in certificate.steps if s.op in ("related", "holds"))
    relations = frozenset(related)
    lines = [_sentences(s.premises, relations) for s in certificate.steps if s.premises]
    return [*dict.fromkeys(lines), _conclusion(certificate)]


def _sentences(premises: Sequence[Premise], relations: Collection[str]) -> str:
    """Say literals, those that say the same of several objects together."""
    groups: dict[tuple[Atom, bool], list[Premise]] = {}
    for p in premises:
        groups.setdefault(((p.atom[0], *p.atom[2:]), p.holds), []).append(p)
    return "; ".join(_sentence(group, relations) for group in groups.values())


def _sentence(group: Sequence[Premise], relations: Collection[str]) -> str:
    first = group[0]
    what = _predicate(first.atom, relations, holds=first.holds, plural=len(group) > 1)
    odds = ", ".join(f"{p.probability:.2f}" for p in group)
    return f"{_and([p.atom[1] for p in group])} {what} (p = {odds})"


def _predicate(atom: Atom, relations: Collection[str], *, holds: bool, plural: bool) -> str:
    if atom[0] == "object":
        if holds:
            return "exist" if plural else "exists"
        return "do not exist" if plural else "does not exist"
    be = ("are" if plural else "is") + ("" if holds else " not")
    name, other = atom[0], atom[2]
    if name in relations:
        return f"{be} {_spaced(name)} {other}"
    return f"{be} {_property(name, other, plural=plural)}"


def _property(attribute: str, value: str, *, plural: bool) -> str:
    """Return what follows "is": ``red``, ``a circle``, ``at the top``."""
    if attribute == "shape":
        return _plural(value) if plural else f"{'an' if value[0] in 'aeiou' else 'a'} {value}"
    return _place(value) if attribute == "place" else _spaced(value)


def _conclusion(certificate: Certificate) -> str:
    last = certificate.steps[-1]
    read = [certificate.steps[i] for i in last.inputs]
    answer = certificate.answer
    match last.op:
        case "count":
            return f"so there {'is' if answer == '1' else 'are'} {answer}"
        case "exists" if answer == "yes":
            return f"so yes, there is one: {_and(read[0].inside)}"
        case "exists":
            return "so no, there is none"
        case "same":
            relation = "have the same" if answer == "yes" else "differ in"
            return f"so {answer}, they {relation} {last.arguments[0]}"
        case "more" | "fewer" | "equal":
            return f"so {answer}: {_against(*read)}"
        case "holds":
            a, b = (step.inside[0] for step in read)
            be = "is" if answer == "yes" else "is not"
            return f"so {answer}, {a} {be} {_spaced(last.arguments[0])} {b}"
        case _:
            return f"so the {' '.join(last.arguments)} is {_spaced(answer)}"


def _against(first: ProofStep, second: ProofStep) -> str:
    """Say the two numbers, as far as the proof bounds them."""
    low, high = len(first.inside), len(second.inside) + len(second.maybe)
    if not first.maybe and not second.maybe:
        return f"{low} against {high}"
    if low >= high:
        return f"at least {low} against at most {high}"
    return f"at most {low + len(first.maybe)} against at least {len(second.inside)}"


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _place(value: str) -> str:
    return f"in the {value}" if value == "middle" else f"at the {_spaced(value)}"


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _plural(word: str) -> str:
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")
