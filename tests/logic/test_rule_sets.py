"""Sets of rules as bytes: one form for each set, and nothing else is read."""

import json

import pytest

from nexus.base.errors import LanguageError
from nexus.logic.rule_sets import NONE, parse_rule, read_rules, rules_bytes

RULES = (
    "anc(?x, ?y) :- parent(?x, ?y)",
    "anc(?x, ?y) :- parent(?x, ?z), anc(?z, ?y)",
    "lone(?x) :- person(?x), not tall(?x), -rich(?x)",
)


def test_rules_come_back_and_their_order_does_not_matter() -> None:
    rules = [parse_rule(x) for x in RULES]
    assert [str(x) for x in rules] == [*RULES]
    data = rules_bytes(rules)
    assert data == rules_bytes(reversed(rules)) == rules_bytes([*rules, *rules])
    assert set(read_rules(data)) == set(rules)
    assert read_rules(NONE) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "p(?x)",
        "p(?x) :- ",
        "p(?x) :- q(?y)",
        "p(?x) :- not q(?x)",
        "p(?x) :- q(?x), not p(?x)",
        "p(?x) :- q(?x). r(a)",
        "not p(?x) :- q(?x)",
        "p(?x) :- q(?x), shell(ls",
        "P(?x) :- q(?x)",
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(LanguageError):
        parse_rule(text)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[1]", b'{"rules": [1]}', b'{"rules": []}', b"\xff", b"[" * 9000]
)
def test_bytes_of_no_set_are_refused(data: bytes) -> None:
    with pytest.raises(LanguageError):
        read_rules(data)


def test_a_set_written_otherwise_is_refused() -> None:
    with pytest.raises(LanguageError, match="otherwise"):
        read_rules(json.dumps({"rules": [*RULES]}).encode())
