"""A change approved, applied and taken back, again and again, so that the way back can be timed."""

import torch

from nexus.base.proposals import Effect, Evidence, ShadowReport, Slice
from nexus.nn.weights import load_module, module_bytes
from nexus.review.approved import Approved
from nexus.review.gate import Draft
from nexus.suites.gated import Gated

WAITS_S = 3600


class TakingBack:
    """A core that is changed, and changed back."""

    def __init__(self, gated: Gated, name: str, core: torch.nn.Module) -> None:
        self.gated, self.name, self.core = gated, name, core
        self.before = module_bytes(core)
        self.count, self.change = 0, ""

    def apply(self) -> None:
        """Have another core approved and applied."""
        self.count += 1
        self.change = f"{self.count:012x}"
        after = bytearray(self.before)
        after[-4 * self.count] ^= 1  # another weight each time
        gate = self.gated.gate
        proposal = gate.propose(self._draft(bytes(after)))
        row = Slice(name="all", n=1, base=0.0, candidate=1.0, low=0.0, high=1.0, detectable=1.0)
        report = ShadowReport(
            change_id=self.change,
            base=proposal.base,
            candidate=proposal.candidate,
            slices=(row,),
            frozen=row,
            ece_base=0.0,
            ece_candidate=0.0,
            mended=(),
            broken=(),
            n_mended=1,
            n_broken=0,
            layers=(),
            cpu_s=0.0,
        )
        gate.shadow(report)
        gate.submit(self.change)
        self.gated.approve(self.change)

    def __call__(self) -> None:
        """Take the change back, and load what thought before."""
        self.gated.roll_back(self.change, because="timed")
        gate = self.gated.gate
        data = Approved.open(gate.folder, keys=gate.keys).artefact(self.name)
        assert data == self.before, "taken back byte for byte"
        load_module(self.core, data, source=self.name)

    def _draft(self, data: bytes) -> Draft:
        return Draft(
            change_id=self.change,
            kind="core",
            base=self.gated.gate.book().current,
            artefacts={self.name: data},
            proposer="reflection",
            rationale="to be timed",
            evidence=Evidence(cause="none", traces=()),
            effects=(Effect(figure="all", expected=1.0, tolerance=0.0),),
            replay=b"{}",
            data={},
            lasts_s=WAITS_S,
        )
