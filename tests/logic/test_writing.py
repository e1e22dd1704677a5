"""Theories in other notations say what they say here, and names are never more than names."""

import clingo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import LanguageError
from nexus.logic.theory import SYMBOL, Literal, Rule, Sign, Theory
from nexus.logic.writing import clingo as to_clingo
from nexus.logic.writing import datalog, prolog

THEORY = Theory(
    facts=(Literal(("not", "not")), Literal(("rain",), Sign.DENIED)),
    rules=(
        Rule(
            head=Literal(("shell", "?x"), Sign.DENIED),
            body=(Literal(("not", "?x")), Literal(("see", "?x1", "a"), Sign.ABSENT)),
        ),
    ),
)
SAFE = Theory(
    facts=THEORY.facts,
    rules=(
        Rule(
            head=THEORY.rules[0].head,
            body=(THEORY.rules[0].body[0], Literal(("see", "?x", "a"), Sign.ABSENT)),
        ),
    ),
)


def test_each_notation() -> None:
    assert to_clingo(SAFE).splitlines() == [
        "_not(_not).",
        "-rain.",
        "-shell(X) :- _not(X), not see(X,a).",
    ]
    assert prolog(SAFE).splitlines() == [
        "holds_not(not).",
        "denied_rain.",
        "denied_shell(X) :- holds_not(X), \\+ holds_see(X, a).",
    ]
    assert datalog(SAFE).splitlines() == [
        "not(not).",
        "-rain().",
        "-shell(?x) :- not(?x), not see(?x, a).",
    ]


@pytest.mark.parametrize("write", [to_clingo, prolog, datalog])
def test_what_is_not_checked_is_not_written(write: object) -> None:
    assert callable(write)
    with pytest.raises(LanguageError, match="bound by no condition"):
        write(THEORY)


INJECTIONS = (
    "a). #script(python) x=1 #end. b(",
    '#include "/etc/passwd".',
    "shell('ls')",
    "A",
    "_a",
    "a.b",
    "a\n",
    "",
    "a" * 32,
    '"a"',
    "@f",
    "a;b",
    "1..9",
)


@pytest.mark.parametrize("text", INJECTIONS)
def test_programs_for_names_are_refused(text: str) -> None:
    for atom in ((text, "a"), ("p", text)):
        with pytest.raises(LanguageError):
            to_clingo(Theory(facts=(Literal(atom),), rules=()))


@given(names=st.lists(st.from_regex(SYMBOL, fullmatch=True) | st.text(), min_size=2, max_size=4))
def test_a_name_is_one_name_to_clingo(names: list[str]) -> None:
    fact = Literal(tuple(names))
    try:
        text = to_clingo(Theory(facts=(fact,), rules=()))
    except LanguageError:
        return
    control = clingo.Control()
    control.add("base", [], text)
    control.ground([("base", [])])
    (atom,) = control.symbolic_atoms
    read = (atom.symbol.name, *(x.name for x in atom.symbol.arguments))
    assert tuple("not" if x == "_not" else x for x in read) == fact.atom
