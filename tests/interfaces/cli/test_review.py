"""The gate from the command line: a person with a passphrase decides, nobody else does."""

import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from gated import World, core, gated, pending

from nexus.interfaces.cli import main
from nexus.review import keys

CHANGE, WORDS = "0123456789ab", "four words not together"
Nexus = Callable[..., tuple[int, str, str]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A run in which nobody is enrolled, and a change waits."""
    made = gated(tmp_path / "runs", people=0, now=time.time())
    pending(made, CHANGE)
    return made


@pytest.fixture
def nexus(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Nexus:
    """Run a command line with lines of standard input: exit code, stdout, stderr."""
    monkeypatch.chdir(world.gate.folder.parents[1])
    monkeypatch.setattr(keys, "keys_folder", lambda: world.gate.keys)
    monkeypatch.setattr(main.network, "install", lambda: None)  # both would outlive the test
    monkeypatch.setattr(main.log, "set_up", lambda: None)

    def call(*words: str, lines: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        code = main.run(["review", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_a_person_enrols_looks_approves_watches_and_takes_back(nexus: Nexus, world: World) -> None:
    assert nexus("enroll", "ada", "--passphrase-stdin", lines=f"{WORDS}\n")[0] == 0
    code, out, _ = nexus("list")
    assert code == 0
    assert f"{CHANGE}  pending" in out
    _, out, _ = nexus("show", CHANGE)
    assert "rule 3 after 5" in out
    assert f"nexus review approve {CHANGE}" in out
    signed = ("--by", "ada", "--passphrase-stdin")
    code, out, _ = nexus("approve", CHANGE, *signed, "--json", lines=f"{WORDS}\n")
    assert code == 0
    assert json.loads(out)["state"] == "applied"
    assert core(world) == b"new mind"
    _, out, _ = nexus("monitor", CHANGE, "--right", "96", "--of", "100", "--json")
    assert json.loads(out)["observed"] == {"all": {"right": 96, "n": 100}}
    _, out, _ = nexus("rollback", CHANGE, "--because", "no", *signed, "--json", lines=f"{WORDS}\n")
    assert json.loads(out)["state"] == "rolled_back"
    assert core(world) == b"mind"
    code, out, _ = nexus("verify", "--json")
    assert json.loads(out)["lines"] == 14
    assert "ada (lead): 1 approved, 0 denied" in nexus("list")[1]


def test_without_the_passphrase_nothing_is_decided(nexus: Nexus, world: World) -> None:
    nexus("enroll", "ada", "--passphrase-stdin", lines=f"{WORDS}\n")
    before = world.gate.book()
    code, _, err = nexus("approve", CHANGE, "--by", "ada")
    assert (code, "asked for at a terminal" in err) == (2, True)
    code, _, err = nexus("approve", CHANGE, "--by", "ada", "--passphrase-stdin", lines="guess\n")
    assert (code, "not the passphrase of ada" in err) == (1, True)
    code, _, err = nexus("deny", CHANGE, "--because", " ", "--by", "ada")
    assert (code, "say why" in err) == (1, True)
    code, _, err = nexus("approve", CHANGE, "--by", "eve", "--passphrase-stdin", lines="x\n")
    assert (code, "eve has no key here" in err) == (1, True)
    code, _, err = nexus("enroll", "eve", "--passphrase-stdin", lines="eve's passphrase\n")
    assert (code, "`--voucher NAME` of a lead" in err) == (1, True)
    assert world.gate.book() == before
    assert core(world) == b"mind"


def test_a_person_denies_and_a_lead_vouches(nexus: Nexus, world: World) -> None:
    nexus("enroll", "ada", "--passphrase-stdin", lines=f"{WORDS}\n")
    both = f"bob's own words\n{WORDS}\n"
    assert nexus("enroll", "bob", "--voucher", "ada", "--passphrase-stdin", lines=both)[0] == 0
    signed = ("--by", "bob", "--passphrase-stdin")
    denied = nexus("deny", CHANGE, "--because", "old rules", *signed, lines="bob's own words\n")
    assert denied[:2] == (0, f"Change {CHANGE} is denied. old rules\n")
    assert core(world) == b"mind"


def test_an_anchor_is_exported_and_held_against_the_ledger(nexus: Nexus, tmp_path: Path) -> None:
    assert nexus("export-anchor", "--out", str(tmp_path))[0] == 0
    anchor = tmp_path / "nexus-anchor.json"
    assert nexus("verify", "--anchor", str(anchor))[0] == 0
    held = json.loads(anchor.read_text())
    anchor.write_text(json.dumps({**held, "length": 99}, sort_keys=True, separators=(",", ":")))
    code, _, err = nexus("verify", "--anchor", str(anchor))
    assert (code, "once had 99" in err) == (1, True)


def test_a_pointer_that_was_changed_is_named_and_put_right(nexus: Nexus, world: World) -> None:
    world.gate.pointer.write_text("{}")
    code, _, err = nexus("verify")
    assert (code, "not what the ledger says" in err) == (1, True)
    code, out, _ = nexus("verify", "--mend")
    assert (code, "put right" in out) == (0, True)
    assert core(world) == b"mind"
