"""Sets of rules as bytes: what is proposed, approved and read again, the same every time."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from nexus.base.errors import LanguageError
from nexus.logic.theory import Literal, Rule, Sign, Theory, checked, strata

MOST: Final = 256
"""Most rules in a set."""
_LITERAL: Final = re.compile(r"(not |-)?([a-z][a-z0-9_]*)\(([^()]*)\)")
_SIGNS: Final = {"": Sign.HOLDS, "-": Sign.DENIED, "not ": Sign.ABSENT}


def rules_bytes(rules: Iterable[Rule]) -> bytes:
    """Return a set of rules as bytes: the order of rules does not matter.

    Raises:
        LanguageError: a rule is not well typed, or something depends on its own absence.
    """
    told = tuple(sorted(set(rules), key=str))
    _sound(told)
    return json.dumps({"rules": [str(rule) for rule in told]}, indent=1).encode()


def read_rules(data: bytes) -> tuple[Rule, ...]:
    """Return the rules that ``rules_bytes`` made ``data`` of.

    Raises:
        LanguageError: it made no such bytes.
    """
    try:
        values: Any = json.loads(data)
        rules = tuple(parse_rule(text) for text in values["rules"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise LanguageError("these bytes are no set of rules") from None
    if rules_bytes(rules) != data:
        raise LanguageError("these bytes are a set of rules written otherwise")
    return rules


def parse_rule(text: str) -> Rule:
    """Return the rule that is written ``head :- condition, condition``.

    Raises:
        LanguageError: it is written otherwise, or not well typed.
    """
    head, _, body = text.partition(" :- ")
    conditions = re.findall(r"(?:not |-)?[^\s(),]+\([^()]*\)", body)
    if ", ".join(conditions) != body:
        raise LanguageError(f"{text[:80]!r} is no rule", hint="head(?x) :- one(?x), not two(?x)")
    rule = Rule(head=_literal(head), body=tuple(map(_literal, conditions)))
    _sound((rule,))
    return rule


def _sound(rules: tuple[Rule, ...]) -> None:
    if len(rules) > MOST:
        raise LanguageError(f"{len(rules)} rules", hint=f"at most {MOST} in a set")
    strata(checked(Theory(facts=(), rules=rules)))


def _literal(text: str) -> Literal:
    if (found := _LITERAL.fullmatch(text)) is None:
        raise LanguageError(f"{text[:60]!r} is no literal", hint="parent(?x, ?y)")
    sign, predicate, arguments = found[1] or "", found[2], found[3]
    return Literal((predicate, *(x.strip() for x in arguments.split(","))), _SIGNS[sign])


NONE: Final = rules_bytes(())
"""The set that every run begins with."""
