"""The story of a change in plain lines: what happened, what waits, and what a person does next."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nexus.base.proposals import Slice
from nexus.interfaces.review_words import MEANING, change_json, flagged
from nexus.interfaces.service.demo import Story

if TYPE_CHECKING:
    from nexus.suites.story import Played


def story_lines(story: Story | str) -> list[str]:
    """Return what led to a change that waits, and how it stands; or why there is none."""
    if isinstance(story, str):
        return [story]
    shown, world, relations = story.shown, story.world, story.relations
    change, proposal, run = shown.change, shown.proposal, shown.run
    data, evidence = proposal.data, proposal.evidence
    alarm, named = (int(data[at]) + 1 - world.at for at in ("alarm_at", "named_at"))
    chain = f"{relations[world.first]}, then {relations[world.second]}"
    lines = [
        f"Before:   the core is right in {float(data['right_before']):.1%} of a small k-hop world.",
        f"Change:   from example {world.at} on, {chain} comes to {relations[world.to]}.",
        f"Noticed:  {alarm} examples later something goes wrong more often; after {named} it is"
        f" named: {evidence.cause}",
        f"Guessed:  {data['guess']}. A copy of the core has learned that in a process of its own.",
    ]
    slices = {} if shown.report is None else {s.name: s for s in shown.report.slices}
    if shown.report is not None and world.tag in slices:
        old = _slice(shown.report.frozen)
        lines.append(f"Measured: the new rule {_slice(slices[world.tag])}; the old ones {old}.")
    flags = f", {flagged(change)}" if change.flags else ""
    lines += [
        *([] if story.played is None else _played(story.played)),
        f"Change {change.change} is {change.state}: {MEANING[change.state]}{flags}.",
        f"  look:   nexus review show {change.change} --run {run}",
        f"          nexus trace show {evidence.traces[0]} --run {run}",
    ]
    if change.state == "pending":
        lines += [
            f"  decide: nexus review enroll NAME --run {run}",
            f"          nexus review approve {change.change} --by NAME --run {run}",
            f'          nexus review deny {change.change} --by NAME --because "..." --run {run}',
        ]
    return lines


def story_json(story: Story | str) -> dict[str, Any]:
    """Return the same for programs."""
    if isinstance(story, str):
        return {"why_not": story}
    played = None if story.played is None else asdict(story.played)
    return {**change_json(story.shown.change), "world": asdict(story.world), "played": played}


def _played(played: "Played") -> list[str]:
    """Return what demo keys did with a change."""
    same = "the same bytes as before" if played.after == played.before else "OTHER BYTES"
    note = f" ({played.note})" if played.note else ""
    return [
        "Nobody watched, so this was played with a demo key, marked as such in the ledger:",
        f"  approved and applied by {', '.join(played.by)} in {played.approve_s:.2f} s:"
        f" {played.before[:12]} -> {played.between[:12]}",
        f"  watched: {played.observed}{note}",
        f"  rolled back in {played.rollback_s:.2f} s: {played.after[:12]}, {same}",
    ]


def _slice(row: Slice) -> str:
    return f"{row.base:.1%} -> {row.candidate:.1%} right (n = {row.n})"
