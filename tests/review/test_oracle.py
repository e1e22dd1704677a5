"""The gate and sixty lines that say what it ought to do, order by order; crashes in between."""

import tempfile
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from gated import MEMORY, WEIGHTS, draft, gated, person, report
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from oracle import Oracle, Refused

from nexus.base.errors import ReviewError
from nexus.base.proposals import Policy
from nexus.review.approved import Approved
from nexus.review.gate import Gate
from nexus.store.manifest import Artefact, pointed, system_hash
from nexus.store.objects import sha256

WHICH = st.integers(0, 3)
"""A change, counted from the newest."""
WHO = st.sampled_from(["ada", "ada", "bob", "cyd", "eve"])
NEW = st.dictionaries(
    st.sampled_from(["core", "encoder", "voice"]),
    st.sampled_from([b"mind", b"new mind", b"eyes", b"other"]),
    min_size=1,
    max_size=2,
)
CRASH = st.one_of(st.none(), st.integers(0, 6))
"""After how many steps the process dies, if it dies."""


class Died(BaseException):
    """The process is gone."""


class Same(RuleBasedStateMachine):
    done: ClassVar[int] = 0
    refused: ClassVar[int] = 0
    crashed: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.home = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.world = gated(Path(self.home.name), policy=Policy(window=50))
        self.people = {
            n: self.world.people.get(n) or person(n) for n in ("ada", "bob", "cyd", "eve")
        }
        self.clock, self.folder = self.world.clock, self.world.gate.folder
        now = int(self.clock())
        self.oracle = Oracle(window=50, now=now, time=now, system=dict(WEIGHTS), people=["ada"])
        self.ballots: dict = {}
        self.left = 10**9
        self.reopen()

    def teardown(self) -> None:
        self.home.cleanup()

    def reopen(self) -> None:
        self.gate = Gate(self.folder, clock=self.clock, keys=self.world.gate.keys, step=self._step)
        approved = Approved.open(self.folder, keys=self.world.gate.keys)
        assert approved.artefacts == self.gate.book().systems[pointed(self.folder)]

    def _step(self, _: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise Died

    def pick(self, which: int) -> str:
        return ([*reversed(self.oracle.cards)] or ["0" * 12])[
            which % max(1, len(self.oracle.cards))
        ]

    def artefacts(self, system: dict) -> dict[str, Artefact]:
        return {n: Artefact(sha256=sha256(data), kind=n) for n, data in system.items()}

    def both(self, name: str, arguments: tuple, order, crash: int | None = None) -> None:
        """Give one order to both; where the process died, give it again."""
        type(self).done += 1
        wanted, why = deepcopy(self.oracle), None
        wanted.now = int(self.clock())
        try:
            getattr(wanted, name)(*arguments)
            self.oracle = wanted
        except Refused as error:
            why = error
        self.left, told = 10**9 if crash is None else crash, None
        try:
            try:
                order(self.gate)
            except Died:
                type(self).crashed += 1
                self.left = 10**9
                self.reopen()
                order(self.gate)  # to do it again is to do it once
        except ReviewError as error:
            type(self).refused += 1
            told = error
        self.left = 10**9
        assert (told is None) == (why is None), f"{name} {arguments}: {told or 'not refused'}"

    @invariant()
    def as_it_ought_to_be(self) -> None:
        book = self.gate.book()
        assert {c.change: c.state for c in book.changes.values()} == {
            c: card.state for c, card in self.oracle.cards.items()
        }
        there = {name: entry.sha256 for name, entry in book.artefacts.items()}
        assert there == {name: sha256(data) for name, data in self.oracle.system.items()}
        assert pointed(self.folder) == book.current
        assert sorted(book.reviewers) == sorted(self.oracle.people)
        assert book.time == self.oracle.time

    @rule(
        name=st.sampled_from(["core", "voice"]), data=st.sampled_from([b"mind", b"la"]), crash=CRASH
    )
    def found(self, name: str, data: bytes, crash: int | None) -> None:
        self.both("found", (name, data), lambda g: g.found(name, data, kind=name), crash)

    @rule(name=WHO, voucher=WHO, crash=CRASH)
    def enroll(self, name: str, voucher: str, crash: int | None) -> None:
        key, by = self.people[name], self.people[voucher]
        role = "lead" if name == "ada" else "reviewer"
        self.both(
            "enroll",
            (name, voucher),
            lambda g: g.enroll(name, key.public, role, voucher=by),
            crash,
        )

    @rule(
        which=WHICH,
        proposer=st.sampled_from(["reflection", "ada"]),
        old=st.integers(0, 9),
        new=NEW,
        crash=CRASH,
    )
    def propose(self, which: int, proposer: str, old: int, new: dict, crash: int | None) -> None:
        change = f"{len(self.oracle.cards):012x}" if which else self.pick(0)
        card = self.oracle.cards.get(self.pick(0))
        base = card.base if card and not old else self.oracle.system  # what it was built from
        asked = draft(change, lasts_s=600, base=system_hash(self.artefacts(base)))
        asked = replace(asked, proposer=proposer, artefacts=new)
        self.both("propose", (change, proposer, base, new, 600), lambda g: g.propose(asked), crash)
        if change in (book := self.gate.book()).changes:
            self.ballots.setdefault(change, book.ballot("approve", book.find(change)))

    @rule(which=WHICH, flagged=st.booleans(), crash=CRASH)
    def shadow(self, which: int, flagged: bool, crash: int | None) -> None:
        change = self.pick(which)
        self.both(
            "shadow",
            (change, flagged),
            lambda g: g.shadow(report(g.book(), change, flagged=flagged)),
            crash,
        )

    @rule(which=WHICH, crash=CRASH)
    def submit(self, which: int, crash: int | None) -> None:
        change = self.pick(which)
        self.both("submit", (change,), lambda g: g.submit(change), crash)

    @rule(which=WHICH, flagged=st.booleans(), new=NEW)
    def wait_for_a_person(self, which: int, flagged: bool, new: dict) -> None:
        self.propose(which + 1, "reflection", 1, new, None)
        self.shadow(0, flagged, None)
        self.submit(0, None)

    @rule(which=WHICH, who=WHO, stale=st.booleans(), signed=st.booleans(), crash=CRASH)
    def approve(self, which: int, who: str, stale: bool, signed: bool, crash: int | None) -> None:
        change = self.pick(which)
        book = self.gate.book()
        ballot = self.ballots.get(change)
        if not (stale and ballot) and change in book.changes:
            ballot = book.ballot("approve", book.find(change))
        if ballot is None:
            return
        signer = self.people[who] if signed else person(who)
        self.both(
            "approve",
            (change, who, bool(ballot.report), signed),
            lambda g: g.approve(ballot, signer),
            crash,
        )

    @rule(which=WHICH, who=WHO, crash=CRASH)
    def approve_rightly(self, which: int, who: str, crash: int | None) -> None:
        self.approve(which, who, False, True, crash)

    @rule(which=WHICH, who=WHO, signed=st.booleans(), crash=CRASH)
    def deny(self, which: int, who: str, signed: bool, crash: int | None) -> None:
        change = self.pick(which)
        signer = self.people[who] if signed else person(who)
        self.both(
            "deny",
            (change, who, signed),
            lambda g: g.deny(g.ballot("deny", change, "no"), signer),
            crash,
        )

    @rule(which=WHICH, who=WHO, signed=st.booleans(), crash=CRASH)
    def rollback(self, which: int, who: str, signed: bool, crash: int | None) -> None:
        change = self.pick(which)
        signer = self.people[who] if signed else person(who)
        self.both(
            "rollback",
            (change, who, signed),
            lambda g: g.rollback(g.ballot("rollback", change, "no"), signer),
            crash,
        )

    @rule(which=WHICH, right=st.integers(-1, 40), wrong=st.integers(0, 30), crash=CRASH)
    def observe(self, which: int, right: int, wrong: int, crash: int | None) -> None:
        change = self.pick(which)
        before = self.gate.book().length

        def order(gate: Gate) -> None:
            if gate.book().length == before:  # what was counted is not counted twice
                gate.observe(change, "all", right=right, n=right + wrong)
            gate.settle()

        self.both("observe", (change, right, right + wrong), order, crash)

    @rule(seconds=st.sampled_from([-700, -1, 1, 30, 599, 700]))
    def the_clock_goes(self, seconds: int) -> None:
        self.clock.now += seconds

    @rule(crash=CRASH)
    def settle(self, crash: int | None) -> None:
        self.both("begin", (), lambda g: g.settle(), crash)


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Same,
        settings=settings(
            deadline=None,
            phases=[Phase.generate],  # a shrunk failure takes minutes and shows no more
            report_multiple_bugs=False,
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_gate_does_what_sixty_lines_say() -> None:
    Same.done = Same.refused = Same.crashed = 0
    run(7, 35)
    assert Same.done >= 80


@pytest.mark.slow
def test_ten_thousand_orders_without_a_difference() -> None:
    Same.done = Same.refused = Same.crashed = 0
    while Same.done < 10_000:
        run(60, 60)
    assert 0.2 < Same.refused / Same.done < 0.8
    assert Same.crashed >= 200
