"""A change approved, applied and taken back, again and again, so that the way back can be timed."""

from dataclasses import asdict
from pathlib import Path

import tomli_w
import torch
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nexus.base.proposals import Effect, Evidence, ShadowReport, Slice
from nexus.config import Recipe
from nexus.nn.weights import load_module, module_bytes
from nexus.review.approved import Approved
from nexus.review.gate import Draft, Gate
from nexus.review.keys import Signer
from nexus.store.runs import Run

CORE = "fast"
WAITS_S = 3600


class TakingBack:
    """A run in which ``core`` thinks, and a person who changes it and changes their mind."""

    def __init__(self, recipe: Recipe, folder: Path, core: torch.nn.Module) -> None:
        self.folder, self.core, self.keys = folder / "gated", core, folder / "keys"
        Run.create(
            self.folder,
            recipe=tomli_w.dumps(asdict(recipe)),
            config_hash=recipe.hash,
            seed=recipe.seed,
        )
        self.person = Signer(name="bench", key=Ed25519PrivateKey.generate())
        self.gate = Gate(self.folder, keys=self.keys)
        self.before = module_bytes(core)
        self.gate.found(CORE, self.before, kind="core")
        self.gate.enroll(self.person.name, self.person.public, "lead")
        self.count, self.change = 0, ""

    def apply(self) -> None:
        """Have another core approved and applied."""
        self.count += 1
        self.change = f"{self.count:012x}"
        after = bytearray(self.before)
        after[-4 * self.count - 1] ^= 1  # another weight each time
        gate, asked = self.gate, self._draft(bytes(after))
        proposal = gate.propose(asked)
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
        gate.shadow(report, flags=())
        gate.submit(self.change)
        gate.approve(gate.ballot("approve", self.change), self.person)

    def __call__(self) -> None:
        """Take the change back, and load what thought before."""
        gate = self.gate
        gate.rollback(gate.ballot("rollback", self.change, "timed"), self.person)
        data = Approved.open(self.folder, keys=self.keys).artefact(CORE)
        assert data == self.before, "taken back byte for byte"
        load_module(self.core, data, source=CORE)

    def _draft(self, data: bytes) -> Draft:
        return Draft(
            change_id=self.change,
            kind="core",
            artefacts={CORE: data},
            proposer="reflection",
            rationale="to be timed",
            evidence=Evidence(cause="none", traces=()),
            effects=(Effect(figure="all", expected=1.0, tolerance=0.0),),
            replay=b"{}",
            data={},
            lasts_s=WAITS_S,
        )
