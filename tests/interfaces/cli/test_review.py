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
    code, out, _ = nexus("enroll", "ada", "--passphrase-stdin", "--json", lines=f"{WORDS}\n")
    assert Path(json.loads(out)["run"]).samefile(world.gate.folder)
    assert json.loads(out)["head"] == world.gate.book().head
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
    (stick := tmp_path / "stick").mkdir()
    code, out, _ = nexus("export-anchor", "--out", str(stick))
    [anchor] = stick.iterdir()
    assert (code, out.startswith(f"{anchor}: 7 lines")) == (0, True)
    assert nexus("verify", "--anchor", str(anchor))[0] == 0
    nexus("enroll", "ada", "--passphrase-stdin", lines=f"{WORDS}\n")
    _, out, _ = nexus("export-anchor", "--out", str(anchor), "--json")  # the same run, later
    held = json.loads(anchor.read_text())
    assert json.loads(out) == {
        "file": str(anchor),
        "run": held["run"],
        "lines": held["length"],
        "head": held["head"],
    }
    wrong = {"once had 99": {"length": 99}, "of another run": {"run": "0" * 32}}
    for words, more in wrong.items():
        text = json.dumps({**held, **more}, sort_keys=True, separators=(",", ":"))
        anchor.write_text(text)
        for order in (("verify", "--anchor"), ("export-anchor", "--out")):
            code, _, err = nexus(*order, str(anchor))
            assert (code, words in err, anchor.read_text()) == (1, True, text)


def test_anchors_of_two_runs_lie_side_by_side(nexus: Nexus, world: World, tmp_path: Path) -> None:
    gated(tmp_path / "others", people=0, now=time.time())
    (stick := tmp_path / "stick").mkdir()
    for run in (world.gate.folder, tmp_path / "others" / "run"):
        code, out, _ = nexus("export-anchor", "--out", str(stick), "--run", str(run), "--json")
        assert (code, json.loads(out)["run"][:12] in json.loads(out)["file"]) == (0, True)
    assert len([*stick.iterdir()]) == 2


def test_to_verify_writes_nothing_and_finds_another_recipe(nexus: Nexus, world: World) -> None:
    folder = world.gate.folder
    (folder / "machine.key").unlink()
    code, out, err = nexus("verify")
    assert (code, "7 lines" in out) == (0, True), err
    assert world.gate.book().length == 7
    code, _, err = nexus("verify", "--mend")
    assert (code, "machine.key" in err) == (1, True)
    recipe = folder / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("confidence = 0.", "confidence = 0.0", 1))
    code, _, err = nexus("verify")
    assert (code, "not the recipe this run began with" in err) == (1, True)


def test_a_change_that_a_later_one_supplanted_is_not_said_to_think(
    nexus: Nexus, world: World
) -> None:
    nexus("enroll", "ada", "--passphrase-stdin", lines=f"{WORDS}\n")
    signed = ("--by", "ada", "--passphrase-stdin")
    nexus("approve", CHANGE, *signed, lines=f"{WORDS}\n")
    assert f"{CHANGE}  applied     core by reflection: thinks" in nexus("list")[1]
    world.clock.now = time.time()
    pending(world, "b" * 12, b"later mind")
    nexus("approve", "b" * 12, *signed, lines=f"{WORDS}\n")
    later = f"supplanted by {'b' * 12}"
    assert f"{CHANGE}  applied     core by reflection: {later}" in nexus("list")[1]
    assert f"applied, {later}" in nexus("show", CHANGE)[1]
    told = json.loads(nexus("list", "--json")[1])["changes"]
    assert [change["supplanted"] for change in told] == ["b" * 12, ""]
    assert json.loads(nexus("show", CHANGE, "--json")[1])["supplanted"] == "b" * 12
    code, _, err = nexus("monitor", CHANGE, "--right", "0", "--of", "99")
    assert (code, "was changed again" in err) == (1, True)


def test_a_pointer_that_was_changed_is_named_and_put_right(nexus: Nexus, world: World) -> None:
    world.gate.pointer.write_text("{}")
    code, _, err = nexus("verify")
    assert (code, "not what the ledger says" in err) == (1, True)
    code, out, _ = nexus("verify", "--mend")
    assert (code, "put right" in out) == (0, True)
    assert core(world) == b"mind"
