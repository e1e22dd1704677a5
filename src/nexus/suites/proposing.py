"""From a candidate that was built to a change that waits for a person: asked for, then measured."""

from collections.abc import Mapping

from nexus.base.errors import ReviewError
from nexus.base.proposals import Effect, Evidence, Proposal
from nexus.config import recipe as recipe_of
from nexus.review.approved import Approved
from nexus.review.gate import Gate
from nexus.store.manifest import system_hash
from nexus.store.objects import sha256
from nexus.suites.shadow import Counts, Drift, shadow
from nexus.train.candidates import WEIGHTS, Candidate, draft
from nexus.train.puzzles import artefact


def put_forward(
    gate: Gate,
    candidate: Candidate,
    evidence: Evidence,
    effects: tuple[Effect, ...],
    *,
    data: Mapping[str, str | int],
    drift: Drift | None = None,
    counts: Counts | None = None,
) -> Proposal:
    """Return the proposal of a candidate, shadowed and waiting; what thinks is as it was.

    Args:
        gate: of the run the candidate was built in.
        candidate: what was built.
        evidence: what speaks for it.
        effects: what it is expected to reach, by slices of the shadow report.
        data: where the examples came from, beside what the replay says.
        drift: what is known of a changed world.
        counts: how much the shadow report looks at.

    Raises:
        ReviewError: what it was built from thinks no more.
        CheckpointError: the candidate is damaged.
    """
    task, policy = candidate.replay.task, gate.settle().policy
    approved = Approved.open(gate.folder, keys=gate.keys)
    core = approved.artefact(artefact(task))
    if sha256(core) != candidate.replay.base:
        raise ReviewError("what it was built from thinks no more", hint="build it again")
    asked = draft(
        candidate,
        evidence,
        effects,
        base=system_hash(approved.artefacts),
        data=data,
        lasts_s=policy.expires_s,
    )
    proposal = gate.propose(asked)
    report = shadow(
        core,
        (candidate.folder / WEIGHTS).read_bytes(),
        recipe_of(str(gate.folder / "recipe.toml")),
        task,
        change_id=proposal.change_id,
        drift=drift,
        counts=counts,
        manifests=(proposal.base, proposal.candidate),
    )
    gate.shadow(report)
    gate.submit(proposal.change_id)
    return proposal
