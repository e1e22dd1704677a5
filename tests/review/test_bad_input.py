"""What is malformed, too large, of another system, too late or from a stranger is refused."""

import json
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from gated import Clock, World, core, draft, gated, pending, person, report
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import CheckpointError, ConfigError, LedgerError, ReviewError
from nexus.base.proposals import Effect, Evidence, Policy, Proposal, ShadowReport
from nexus.review import codec, keys
from nexus.review.entries import Entry
from nexus.review.keys import FREE, WAIT_S, Keyring, keys_folder
from nexus.store.files import write_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = gated(tmp_path_factory.mktemp("bad"), people=2)
    pending(made)
    return made


def stored(world: World) -> list[tuple[type, bytes]]:
    change = world.gate.book().find("0123456789ab")
    return [
        (Proposal, world.gate.objects.get(change.asked.proposal)),
        (ShadowReport, world.gate.objects.get(change.report)),
        (Policy, codec.encode(Policy())),
    ]


def inside(value: object) -> list[tuple[object, object]]:
    """Return every place in a JSON value where something stands."""
    places: list[tuple[object, object]] = []
    if isinstance(value, dict | list):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        for key in keys:
            places += [(value, key), *inside(value[key])]  # type: ignore[index]
    return places


@given(data=st.data())
def test_a_mutated_record_is_refused_by_name_or_is_a_record(world: World, data) -> None:
    kind, whole = data.draw(st.sampled_from(stored(world)))
    value = json.loads(whole)
    where, key = data.draw(st.sampled_from(inside(value)))
    match data.draw(st.sampled_from(["change", "lose", "add"])):
        case "change":
            where[key] = data.draw(JSON)
        case "lose":
            del where[key]
        case "add" if isinstance(where, dict):
            where[data.draw(st.text())] = data.draw(JSON)
    canonical = data.draw(st.booleans())
    text = json.dumps(value, sort_keys=True, separators=(",", ":") if canonical else None)
    try:
        fine = codec.encode(codec.decode(kind, text.encode())) == text.encode()
    except ReviewError as error:
        fine = bool(error.hint)
    assert fine


@given(data=st.data())
def test_mutated_bytes_are_refused_or_the_same(world: World, data) -> None:
    kind, whole = data.draw(st.sampled_from(stored(world)))
    at, byte = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.binary(max_size=3))
    mutated = whole[:at] + byte + whole[at + data.draw(st.integers(0, 3)) :]
    try:
        fine = codec.encode(codec.decode(kind, mutated)) == mutated
    except ReviewError as error:
        fine = bool(error.hint)
    assert fine


@given(data=st.data())
def test_a_mutated_line_is_refused_as_damaged(world: World, data) -> None:
    line = data.draw(st.sampled_from(world.gate.ledger.journal.read()))
    value = json.loads(line)
    where, key = data.draw(st.sampled_from(inside(value)))
    where[key] = data.draw(JSON)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with pytest.raises(LedgerError, match="from a backup"):
        world.gate.book().after(Entry.parse(text))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{",
        b'"\\ud800"',
        b"[" * 100_000,
        b'{"a":' * 990 + b"1" + b"}" * 990,
        b"9" * 5_000,
        b'{"change_id":1e999}',
        b"x" * (codec.LARGEST + 1),
    ],
    ids=lambda data: repr(data[:12]),
)
@pytest.mark.parametrize("kind", [Proposal, ShadowReport])
def test_nonsense_is_refused(kind: type, data: bytes) -> None:
    with pytest.raises(ReviewError):
        codec.decode(kind, data)


EFFECT = Effect(figure="all", expected=0.97, tolerance=0.01)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"change_id": "../../etc"}, "no change id"),
        ({"change_id": "ABCDEF012345"}, "no change id"),
        ({"rationale": "  "}, "says not why"),
        ({"effects": ()}, "promises nothing"),
        ({"effects": (replace(EFFECT, expected=97.0),)}, "no accuracy"),
        ({"effects": (replace(EFFECT, tolerance=float("nan")),)}, "no number"),
        ({"proposer": ""}, "who proposes"),
        ({"artefacts": {}}, "candidate is not"),
        ({"artefacts": {"core": b"mind"}}, "candidate is not"),
        ({"artefacts": {"voice": b"la"}}, "no voice to change"),
        ({"lasts_s": 0}, "must expire within"),
        ({"lasts_s": 10**9}, "must expire within"),
        ({"rationale": "x" * (codec.LARGEST + 1)}, "too large"),
        ({"rationale": "\ud800"}, "cannot be written"),
        ({"data": {"seed": object()}}, "cannot be written"),
        ({"evidence": Evidence(cause=3, traces=())}, "must be text"),  # type: ignore[arg-type]
    ],
)
def test_a_bad_draft_changes_nothing(world: World, more: dict, words: str) -> None:
    before = world.gate.ledger.journal.read()
    with pytest.raises(ReviewError, match=words):
        world.gate.propose(replace(draft("e" * 12), **more))
    assert world.gate.ledger.journal.read() == before
    assert core(world) == b"mind"


def test_a_report_about_something_else_is_refused(world: World) -> None:
    world.gate.propose(draft("d" * 12, b"fourth mind"))
    right = report(world.gate.book(), "d" * 12)
    for wrong in (
        replace(right, candidate=right.base),
        replace(right, base="0" * 64),
        replace(right, change_id="0123456789ab"),
        replace(right, ece_base=float("inf")),
        replace(right, n_mended="80"),
    ):
        with pytest.raises(ReviewError):
            world.gate.shadow(wrong)
    assert world.gate.book().find("d" * 12).state == "draft"
    with pytest.raises(ReviewError, match="must be shadowed"):
        world.gate.submit("d" * 12)


def test_strangers_late_and_stale(tmp_path: Path) -> None:
    world = gated(tmp_path)
    gate, ada = world.gate, world.people["ada"]
    one, other = pending(world, "a" * 12), pending(world, "b" * 12, b"other mind")
    stale = gate.ballot("approve", other)
    with pytest.raises(ReviewError, match=r"'eve' is not enrolled.*nexus review enroll eve"):
        gate.deny(gate.ballot("deny", one, "no"), person("eve"))
    with pytest.raises(ReviewError, match="no change 'nonsense'"):
        gate.ballot("approve", "nonsense")
    gate.approve(gate.ballot("approve", one), ada)
    with pytest.raises(ReviewError, match="superseded"):
        gate.approve(stale, ada)
    with pytest.raises(ReviewError, match="must be applied"):
        gate.rollback(gate.ballot("rollback", other), ada)
    with pytest.raises(ReviewError, match="a reason of"):
        gate.ballot("deny", one, "x" * 3000)
    world.clock.now -= 10
    with pytest.raises(ReviewError, match="set the clock right; nothing was changed"):
        gate.rollback(gate.ballot("rollback", one, "no"), ada)
    assert core(world) == b"new mind"


@pytest.mark.parametrize("what", ["proposal", "report", "base core", "candidate core"])
@pytest.mark.parametrize("gone", [True, False])
def test_nobody_approves_what_is_gone_or_damaged(tmp_path: Path, what: str, gone: bool) -> None:
    world = gated(tmp_path)
    gate, change = world.gate, pending(world)
    found = gate.book().find(change)
    name = {
        "proposal": found.asked.proposal,
        "report": found.report,
        "base core": gate.book().systems[found.asked.base]["core"].sha256,
        "candidate core": found.asked.artefacts["core"].sha256,
    }[what]
    whole = gate.objects.path(name).read_bytes()
    if gone:
        gate.objects.path(name).unlink()
    else:
        gate.objects.path(name).write_bytes(whole + b" ")
    with pytest.raises(CheckpointError, match="from a backup"):
        gate.approve(gate.ballot("approve", change), world.people["ada"])
    assert gate.book().find(change).state == "pending"
    gate.objects.path(name).write_bytes(whole)
    assert gate.approve(gate.ballot("approve", change), world.people["ada"]).state == "applied"


@pytest.mark.parametrize("data", [None, b"", b"x" * 32, b"x" * 31])
def test_a_machine_key_gone_or_another(tmp_path: Path, data: bytes | None) -> None:
    world = gated(tmp_path)
    path = world.gate.folder / "machine.key"
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(LedgerError, match="copy it from a backup"):
        world.gate.propose(draft())
    assert path.exists() == (data is not None)
    assert core(world) == b"mind"


def test_a_passphrase_is_tried_five_times_and_then_one_waits(tmp_path: Path) -> None:
    clock = Clock()
    ring = Keyring(folder=tmp_path / "keys", now=clock)
    made = ring.create("ada", "four words apart here")
    assert ring.unlock("ada", "four words apart here").public == made.public
    for left in range(FREE - 1, -1, -1):
        with pytest.raises(ReviewError, match=f"{left} more tries" if left else "have to wait"):
            ring.unlock("ada", "wrong")
    for doubled in range(3):
        for _ in range(2):  # neither right nor wrong, and asking costs nothing
            with pytest.raises(ReviewError, match=f"wait {WAIT_S << doubled} s"):
                ring.unlock("ada", "four words apart here")
        clock.now += WAIT_S << doubled
        with pytest.raises(ReviewError, match="not the passphrase"):
            ring.unlock("ada", "wrong")
    clock.now -= 10**6  # a clock put back closes nothing for ever
    with pytest.raises(ReviewError, match=f"wait {WAIT_S << 3} s"):
        ring.unlock("ada", "four words apart here")
    clock.now += 2 * 10**6
    assert ring.unlock("ada", "four words apart here").public == made.public


def test_many_wrong_passphrases_at_once_are_counted_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring, said = Keyring(folder=tmp_path / "keys", now=Clock()), list[str]()
    ring.create("ada", "four words apart here")

    def slow_disk(path: Path, value: object) -> None:
        time.sleep(0.03)
        write_json(path, value)

    monkeypatch.setattr(keys, "write_json", slow_disk)

    def guess() -> None:
        with pytest.raises(ReviewError) as caught:
            ring.unlock("ada", "wrong")
        said.append(caught.value.message)

    threads = [threading.Thread(target=guess) for _ in range(FREE + 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count("that is not the passphrase of ada") == FREE
    assert said.count(f"{FREE} wrong passphrases for ada: wait {WAIT_S} s") == 7


def test_a_user_the_system_does_not_know_has_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
    with pytest.raises(ConfigError, match=r"user 2147483641 has no home.*run as another"):
        keys_folder()


def test_a_key_is_for_persons_with_names_and_passphrases(tmp_path: Path) -> None:
    ring = Keyring(folder=tmp_path / "keys")
    for name in ("", "machine", "../ada", "Ada", "a" * 41, "a\n"):
        with pytest.raises(ReviewError, match="cannot be a reviewer's name"):
            ring.create(name, "four words apart here")
    with pytest.raises(ReviewError, match="too short"):
        ring.create("ada", "1234567")
    with pytest.raises(ReviewError, match="nobody yet"):
        ring.unlock("ada", "four words apart here")
    ring.create("ada", "four words apart here")
    with pytest.raises(ReviewError, match="has a key already"):
        ring.create("ada", "four words apart here")
    path = tmp_path / "keys" / "ada.json"
    assert path.stat().st_mode & 0o077 == 0
    held = json.loads(path.read_bytes())
    for damaged in (b"", b"[]", b"{}", json.dumps({**held, "nonce": "00"}).encode()):
        path.write_bytes(damaged)
        with pytest.raises(ReviewError, match="is damaged"):
            ring.unlock("ada", "four words apart here")
