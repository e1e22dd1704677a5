"""Killed at any step or moment, the gate stands at ``from`` or ``to``, and goes on from there."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from gated import MEMORY, gated
from killed import CHANGE

import nexus
from nexus.review.approved import Approved
from nexus.store.manifest import pointed

ORDERS = ("found", "propose", "approve", "rollback", "observe")


@dataclass
class Victims:
    """Starts processes that die, on copies of runs made ready beforehand."""

    tmp: Path
    keys: Path
    served: subprocess.Popen
    count: int = 0
    took: float = 0.0
    """Seconds of the last order, whatever became of it."""

    def ready(self, order: str) -> Path:
        """Return a fresh copy of a run in which ``order`` can be given."""
        self.count += 1
        shutil.rmtree(self.tmp / "run", ignore_errors=True)
        shutil.copytree(self.tmp / f"before-{order}", self.tmp / "run")
        shutil.rmtree(self.keys / "anchors", ignore_errors=True)
        shutil.copytree(self.tmp / f"anchors-{order}", self.keys / "anchors")
        return self.tmp / "run"

    def keep(self, order: str) -> None:
        """Keep the run as it is for ``ready``."""
        shutil.copytree(self.tmp / "run", self.tmp / f"before-{order}")
        shutil.copytree(self.keys / "anchors", self.tmp / f"anchors-{order}")

    def give(
        self, order: str, *, step: str = "-", nth: int = 0, after_s: float = 0.0
    ) -> tuple[int, list[str]]:
        """Return how the process ended and the steps it passed."""
        out = self.tmp / "steps"
        words = (
            out,
            after_s,
            self.tmp / "run",
            self.keys,
            "ada",
            order,
            step.replace(" ", "_"),
            nth,
        )
        assert self.served.stdin is not None
        assert self.served.stdout is not None
        began = time.perf_counter()
        print(*words, file=self.served.stdin, flush=True)
        code = int(self.served.stdout.readline())
        self.took = time.perf_counter() - began
        return code, out.read_text().splitlines()

    def state(self) -> tuple[str, bytes, str]:
        """Return what thinks, byte for byte, and how the change stands; all lines verify."""
        approved = Approved.open(self.tmp / "run", keys=self.keys)
        core = approved.artefact("core") if "core" in approved.artefacts else b""
        found = approved.book.changes.get(CHANGE)
        return pointed(self.tmp / "run"), core, "" if found is None else found.state


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    home = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
    tmp = Path(home.name)
    world = gated(tmp)
    (tmp / "keys" / "ada.raw").write_bytes(world.people["ada"].key.private_bytes_raw())
    script = Path(__file__).with_name("killed.py")
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(nexus.__file__).parents[1])},
    ) as served:
        there = Victims(tmp=tmp, keys=tmp / "keys", served=served)
        for order in ("found", "propose", "approve", "rollback"):
            there.keep(order)
            if order != "found":
                assert there.give(order)[0] == 0
            if order == "approve":
                there.keep("observe")
        yield there
        assert served.stdin is not None
        served.stdin.close()
    home.cleanup()


def whole(victims: Victims, order: str) -> tuple[tuple, tuple, list[str]]:
    """Return the states before and after an order nobody disturbs, and its steps."""
    victims.ready(order)
    before = victims.state()
    code, steps = victims.give(order)
    assert (code, steps[-1:]) != (3, [])
    return before, victims.state(), steps


def mended(victims: Victims, order: str, before: tuple, after: tuple, *, again: int = 1) -> None:
    """See that a run someone died in stands at one of two places and comes to its end."""
    pointer, core, _ = victims.state()
    assert (pointer, core) in (before[:2], after[:2])
    for _ in range(again):
        code, steps = victims.give(order)
        assert code == 0, steps
        assert victims.state() == after


@pytest.mark.parametrize("order", ORDERS)
def test_killed_at_each_step(victims: Victims, order: str) -> None:
    before, after, steps = whole(victims, order)
    assert before != after
    assert len(steps) >= 5
    for position, step in enumerate(steps):
        victims.ready(order)
        code, passed = victims.give(order, step=step, nth=steps[:position].count(step))
        assert (code, passed) == (-9, steps[: position + 1])
        mended(victims, order, before, after)


def kill_at_random(victims: Victims, times: int) -> int:
    """Kill so many at random moments of an order, and return how many were not yet done."""
    draw, died, whole_of, lasts = random.Random(times), 0, {}, {}
    for order in ORDERS:
        whole_of[order] = whole(victims, order)
        lasts[order] = victims.took
    for i in range(times):
        order = ORDERS[i % len(ORDERS)]
        victims.ready(order)
        code, _ = victims.give(order, after_s=draw.uniform(0.001, lasts[order]))
        died += code == -9
        mended(victims, order, *whole_of[order][:2], again=1 + (i % 5 == 0))
    return died


def test_killed_at_random_moments(victims: Victims) -> None:
    died = kill_at_random(victims, 20)
    print(f"{died} of 20 were not yet done")
    assert died >= 5


@pytest.mark.slow
def test_killed_at_many_random_moments(victims: Victims) -> None:
    assert kill_at_random(victims, 200) >= 50
