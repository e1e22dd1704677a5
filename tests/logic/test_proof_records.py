"""What is no proof is not read as one."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import CertificateError
from nexus.logic.engines.prove import prove
from nexus.logic.proofs import Proof
from nexus.logic.theory import Literal, Rule, Sign, Theory

THEORY = Theory(
    facts=(Literal(("p", "a")), Literal(("q", "b"), Sign.DENIED)),
    rules=(
        Rule(
            head=Literal(("r", "?x")),
            body=(Literal(("p", "?x")), Literal(("s", "?x"), Sign.ABSENT)),
        ),
    ),
)
ANSWER = prove(THEORY, Literal(("r", "a")))
PLAIN = ANSWER.proofs[0].plain()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def places(values: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, the whole of it first."""
    inner = values.items() if isinstance(values, dict) else ()
    inner = enumerate(values) if isinstance(values, list) else inner
    return [at, *(place for k, x in inner for place in places(x, (*at, k)))]


def put(at: tuple[Any, ...], value: Any) -> Any:
    """The proof with another value in one place."""
    if not at:
        return value
    whole = copy.deepcopy(PLAIN)
    inner: Any = whole
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = value
    return whole


@given(data=st.data(), value=JSON)
def test_another_value_anywhere_is_read_as_written_or_refused(data: st.DataObject, value: Any):
    changed = put(data.draw(st.sampled_from(places(PLAIN))), value)
    try:
        proof = Proof.parse(changed)
    except CertificateError:
        return
    assert json.dumps(proof.plain(), sort_keys=True) == json.dumps(changed, sort_keys=True)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (("steps", 0, "rule"), True),
        (("steps", 0, "rule"), 1.0),
        (("steps", 0, "rule"), "0"),
        (("steps", 1, "premises"), [-1]),
        (("steps", 1, "premises"), [False]),
        (("steps", 1, "premises"), [0] * 9),
        (("steps", 0, "literal"), []),
        (("steps", 0, "literal"), ["absent", "p", "a"]),
        (("steps", 0, "literal"), ["holds", "p", "?x"]),
        (("steps", 0, "literal"), ["holds", "p", "a", "b", "c", "d"]),
        (("steps", 0, "literal", 1), "P"),
        (("steps", 0, "literal", 1), "p\n"),
        (("steps", 1, "absent", 0), []),
        (("status",), "timeout"),
        (("world",), None),
        (("steps",), {}),
        (("model",), None),
    ],
)
def test_what_is_nearly_a_proof_is_refused(at: tuple[Any, ...], value: Any) -> None:
    with pytest.raises(CertificateError):
        Proof.parse(put(at, value))


def test_fields_may_neither_lack_nor_be_added() -> None:
    with pytest.raises(CertificateError, match="goal, status"):
        Proof.parse({**PLAIN, "note": ""})
    with pytest.raises(CertificateError, match="goal, status"):
        Proof.parse({k: v for k, v in PLAIN.items() if k != "model"})


def test_an_answer_is_plain_json() -> None:
    plain = json.loads(json.dumps(ANSWER.plain()))
    assert plain["status"] == "proved"
    assert Proof.parse(plain["proofs"][0]) == ANSWER.proofs[0]
