"""The page about a change: what speaks against it comes first; all that is told is text."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from nexus.base.proposals import (
    Effect,
    Evidence,
    Flip,
    LayerDiff,
    Policy,
    Proposal,
    ShadowReport,
)
from nexus.evaluate.shadow import slice_of
from nexus.interfaces.report.change import change_section
from nexus.review.flags import flags
from nexus.review.records import Kept, Record

PROPOSAL = Proposal(
    change_id="3f9a1c07b2e4",
    kind="core",
    proposer="reflection",
    rationale="Rule 3x5 of k-hop gives another answer than it did: learn it for good.",
    evidence=Evidence(
        cause="Since question 20,150 chains that come to 'flipped' and go on with 'flipped then "
        "turned right' are answered wrongly, all others as rightly as before.",
        traces=("20261122-01", "20261122-02", "20261122-03", "20261122-04", "20261122-05"),
        corrections=("c-17", "c-18"),
        doubted=("c-19",),
        counts={"outcomes revealed": 214, "of them wrong": 61},
        intervals={"share wrong where the rule is used": (0.91, 0.99)},
    ),
    expected_effects=(Effect(figure="revealed", expected=0.97, tolerance=0.02),),
    revert_plan="Put back the stored bytes of the core that thinks now; nothing else changes.",
    base="9d" * 32,
    candidate="4e" * 32,
    replay="c1" * 32,
    policy="77" * 32,
    data={"examples": 412, "seed": 0, "split": "stream", "of them corrections": 2},
    created=1_795_000_000,
    expires=1_796_209_600,
)
KEPT = Kept(change="1" * 12, figure="all", expected=0.97, observed=0.98, n=200, kept=True)
RECORD = Record(
    proposer="reflection",
    proposed=4,
    applied=3,
    denied=1,
    rolled_back=0,
    promises=(*[KEPT] * 7, replace(KEPT, observed=0.8, kept=False)),
)


def right(n: int, wrong: int) -> np.ndarray:
    """Return ``n`` answers of which the first ``wrong`` are wrong."""
    return np.arange(n) >= wrong


def example(harm: int = 0) -> ShadowReport:
    """Return a report in which ``harm`` of 100 examples of every slice are broken."""

    def part(name: str, n: int, base: int, candidate: int) -> object:
        return slice_of(name, right(n, base), right(n, candidate + harm * n // 100))

    rules = [part(f"rule:{a}x{b}", 20 + a + b, a % 2, b % 2) for a in range(6) for b in range(6)]
    flip = Flip(
        example="flipped, then flipped then turned right, then unchanged (revealed 7)",
        right="turned left",
        base="turned right",
        candidate="turned left",
    )
    names = ("core.blocks.0.mlp.0.weight", "working.blocks.0.qkv.weight", "answer.bias")
    return ShadowReport(
        change_id=PROPOSAL.change_id,
        base=PROPOSAL.base,
        candidate=PROPOSAL.candidate,
        slices=(
            part("all", 650, 210, 8),
            *(part(f"{k} hops", 150, 1, 1) for k in (2, 3, 4)),
            part("revealed", 200, 195, 3),
            *rules,
        ),
        frozen=part("frozen", 900, 11, 12),
        ece_base=0.012,
        ece_candidate=0.014,
        mended=(flip,) * 20,
        broken=(replace(flip, base="turned left", candidate="turned right"),) * 3,
        n_mended=202,
        n_broken=3 + harm,
        layers=tuple(
            LayerDiff(
                name=f"reasoner.{name}{'' if at < 3 else at}",
                norm=0.3,
                relative=0.21 / (at + 1),
                singular=(0.2, 0.1, 0.02) if at % 3 < 2 else (),
                effective_rank=6.2 - at / 4,
            )
            for at, name in enumerate(names * 6)
        ),
        cpu_s=61.0,
    )


class Reader(HTMLParser):
    """Collects text, and fails on an element that is closed out of turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data


def read(page: str) -> str:
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    return reader.said


def test_what_speaks_against_it_comes_before_what_speaks_for_it() -> None:
    report = example(harm=20)
    found = flags(report, Policy(), PROPOSAL.expected_effects)
    said = read(change_section(PROPOSAL, report, found, RECORD))
    assert found
    places = [said.index(flag.sentence) for flag in found]
    assert places == sorted(places)
    assert places[-1] < said.index(PROPOSAL.evidence.cause)
    for told in (
        "nexus review approve 3f9a1c07b2e4",
        'nexus review deny 3f9a1c07b2e4 --because "..."',
        "nexus review rollback 3f9a1c07b2e4",
        PROPOSAL.revert_plan,
        PROPOSAL.base,
        "c-19",
    ):
        assert told in said


def test_a_page_without_flags_says_that_this_proves_nothing() -> None:
    report = example()
    assert flags(report, Policy(), PROPOSAL.expected_effects) == ()
    said = read(change_section(PROPOSAL, report, (), None))
    assert "no proof that it is good" in said
    assert f"{report.frozen.detectable:.1%} would not be seen" in said


def test_what_a_proposer_writes_is_text_and_never_html() -> None:
    trap = "<script>alert(1)</script>"
    report = example()
    flip = Flip(example=trap, right=trap, base=trap, candidate=trap)
    spiked = replace(
        report,
        mended=(flip,),
        slices=(*report.slices, replace(report.slices[0], name=trap, candidate=0.0)),
        layers=(replace(report.layers[0], name=trap, relative=9.0),),
    )
    proposal = replace(PROPOSAL, rationale=trap, proposer=trap, revert_plan=trap, data={trap: trap})
    page = change_section(proposal, spiked, flags(spiked, Policy()), RECORD)
    assert trap not in page
    assert read(page).count(trap) >= 10
