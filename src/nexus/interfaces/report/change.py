"""The page about one change that waits for a person: what speaks against it first, then the rest.

It is meant to be read in two minutes, and shows nothing that is not in its arguments.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from nexus.base.proposals import Flip, Proposal, ShadowReport
from nexus.interfaces.report import html
from nexus.interfaces.report.forest import forest, moves
from nexus.interfaces.report.html import Html
from nexus.review.flags import Flag
from nexus.review.records import Record

_FLIPS: Final = 5
"""Flips shown at once each way; the others are folded away."""


def change_section(
    proposal: Proposal,
    report: ShadowReport,
    flags: Sequence[Flag],
    record: Record | None = None,
) -> Html:
    """Return the part of a report about one change."""
    return html.join(
        [
            html.element("h1", html.text("A change waits for you")),
            html.element("p", html.text(proposal.rationale), kind="lead"),
            _facts(proposal, record),
            _flags(flags),
            _why(proposal),
            _seen(proposal, report),
            _flips(report),
            _weights(report),
            _undone(proposal),
            _decide(proposal),
        ]
    )


def _facts(proposal: Proposal, record: Record | None) -> Html:
    facts = {
        "Change": f"{proposal.change_id}, to the {proposal.kind}",
        "Asked for by": proposal.proposer + _record(record),
        "Waits until": f"{_time(proposal.expires)}; how to decide is at the end",
    }
    return _list(facts)


def _record(record: Record | None) -> str:
    if record is None or record.proposed < 2:
        return ", who has proposed nothing before"
    kept = sum(promise.kept for promise in record.promises)
    return (
        f"; of {len(record.promises)} effects it promised before, {kept} were seen;"
        f" {record.applied} of its {record.proposed} proposals were applied"
    )


def _flags(flags: Sequence[Flag]) -> Html:
    if not flags:
        nothing = (
            "Nothing that was agreed on beforehand speaks against it. That is no proof that it is "
            "good: smaller harm than was looked for would not be seen."
        )
        return html.section(
            "What speaks against it", html.element("p", html.text(nothing), kind="calm")
        )
    said = (html.element("li", html.text(flag.sentence)) for flag in flags)
    return html.section("What speaks against it", html.element("ul", html.join(said), kind="flags"))


def _decide(proposal: Proposal) -> Html:
    lines = (
        f"nexus review approve {proposal.change_id}\n"
        f'nexus review deny {proposal.change_id} --because "..."'
    )
    note = "Until somebody approves, nothing changes. Either needs your passphrase."
    return html.section(
        "Decide",
        html.element("pre", html.text(lines)),
        html.element("p", html.text(note), kind="soft"),
    )


def _why(proposal: Proposal) -> Html:
    evidence = proposal.evidence
    parts = [html.element("p", html.text(evidence.cause))]
    named = {name: str(count) for name, count in sorted(evidence.counts.items())}
    for name, (low, high) in sorted(evidence.intervals.items()):
        named[name] = f"{low:.3f} to {high:.3f} (95 % interval)"
    for name, ids in (
        ("thoughts it was found in", evidence.traces),
        ("corrections it rests on", evidence.corrections),
        ("corrections most others speak against, not learned from", evidence.doubted),
    ):
        if ids:
            named[name] = _few(ids)
    data = {name: str(value) for name, value in sorted(proposal.data.items())}
    return html.section(
        "Why, and what it rests on",
        *parts,
        _list(named),
        html.element("h3", html.text("Examples it learned from")),
        _list(data) if data else html.missing("where they came from", "Ask whoever proposes it."),
    )


def _seen(proposal: Proposal, report: ShadowReport) -> Html:
    frozen = report.frozen
    lead = (
        f"Asked beside what thinks now, it answers {report.n_mended} examples rightly that were "
        f"wrong, and {report.n_broken} wrongly that were right. Of {frozen.n} frozen examples, on "
        f"which nothing should get worse, {frozen.candidate:.1%} are right, before "
        f"{frozen.base:.1%}; a loss below {frozen.detectable:.1%} would not be seen."
    )
    caption = (
        "Share right: ring, what thinks now; dot, what is proposed. Bar: the 95 % interval of the "
        "difference, drawn from the ring; one that spans the ring may be chance. After the name: "
        "examples."
    )
    ece = (
        "Gap between how sure it is and how often it is right (ECE): "
        f"{report.ece_base:.3f} before, {report.ece_candidate:.3f} after."
    )
    parts = [
        html.element("p", html.text(lead)),
        html.captioned(html.element("div", forest(report), kind="plot"), caption),
        html.element("p", html.text(ece)),
    ]
    if proposal.expected_effects:
        measured = {s.name: s for s in (*report.slices, frozen)}
        rows = [
            (
                effect.figure,
                f"{effect.expected:.3f}",
                f"{effect.expected - effect.tolerance:.3f}",
                f"{measured[effect.figure].candidate:.3f}"
                if effect.figure in measured
                else "not measured",
            )
            for effect in proposal.expected_effects
        ]
        parts.append(html.element("h3", html.text("What it promises")))
        parts.append(html.table(("figure", "promised", "at least", "seen"), rows))
    return html.section("What it was seen to do", *parts)


def _flips(report: ShadowReport) -> Html:
    return html.section(
        "Examples that flip",
        *_flipped("Right now, wrong before", report.mended, report.n_mended),
        *_flipped("Wrong now, right before", report.broken, report.n_broken),
    )


def _flipped(title: str, flips: Sequence[Flip], count: int) -> list[Html]:
    head = html.element("h3", html.text(f"{title}: {count}"))
    if not flips:
        return [head, html.element("p", html.text("None."), kind="soft")]
    parts = [head, _flip_table(flips[:_FLIPS])]
    if rest := flips[_FLIPS:]:
        summary = html.element("summary", html.text(f"{len(rest)} more"))
        parts.append(html.element("details", html.join([summary, _flip_table(rest)])))
    return parts


def _flip_table(flips: Sequence[Flip]) -> Html:
    rows = [(flip.example, flip.right, flip.base, flip.candidate) for flip in flips]
    return html.element(
        "div", html.table(("example", "right", "before", "proposed"), rows), kind="words"
    )


def _weights(report: ShadowReport) -> Html:
    moved = sum(layer.norm > 0 for layer in report.layers)
    lead = f"{moved} of {len(report.layers)} tensors change."
    caption = (
        "Change over size, tensor by tensor, largest first; beside it the effective rank: how many "
        "directions the change takes."
    )
    return html.section(
        "How far its weights move",
        html.element("p", html.text(lead)),
        html.captioned(html.element("div", moves(report.layers), kind="plot"), caption),
    )


def _undone(proposal: Proposal) -> Html:
    hashes = {
        "thinks now": proposal.base,
        "is proposed": proposal.candidate,
        "built again from": proposal.replay,
        "judged by policy": proposal.policy,
    }
    summary = html.element("summary", html.text("the hashes you approve"))
    return html.section(
        "How it is undone",
        html.element("p", html.text(proposal.revert_plan)),
        html.element("pre", html.text(f"nexus review rollback {proposal.change_id}")),
        html.element("details", html.join([summary, _list(hashes)])),
    )


def _list(items: Mapping[str, str]) -> Html:
    pairs = (
        html.join([html.element("dt", html.text(name)), html.element("dd", html.text(value))])
        for name, value in items.items()
    )
    return html.element("dl", html.join(pairs))


def _few(ids: Sequence[str], most: int = 4) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return f"{len(ids)}: {', '.join(ids[:most])}{more}"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
