"""A run of its own in which one core thinks and one made-up person decides, to be measured on."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import tomli_w
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nexus.config import Recipe, overlay
from nexus.review.gate import Gate
from nexus.review.keys import Signer
from nexus.store.runs import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Gated:
    """A run whose changes are decided on by a key made for the purpose, and marked so."""

    run: Run
    gate: Gate
    person: Signer

    def deny(self, change: str, *, because: str) -> None:
        """Say no."""
        self.gate.deny(self.gate.ballot("deny", change, because), self.person)

    def approve(self, change: str) -> str:
        """Say yes, and return the state the change is in then."""
        return self.gate.approve(self.gate.ballot("approve", change), self.person).state

    def roll_back(self, change: str, *, because: str) -> None:
        """Take a change back."""
        self.gate.rollback(self.gate.ballot("rollback", change, because), self.person)


@contextmanager
def gated(recipe: Recipe, name: str, core: bytes, *, within: Path) -> Generator[Gated]:
    """Lend a run below ``within`` in which ``core`` thinks under ``name``; then it is gone.

    No person's run is touched, and nobody's real key decides: the run is marked as a demo.
    """
    made_from = overlay(
        recipe, {"review": {"demo": True, "ledger": "", "policy": {"flagged_approvals": 1}}}
    )
    with TemporaryDirectory(prefix="gated-", dir=within) as home:
        folder = Path(home) / "run"
        run = Run.create(
            folder,
            recipe=tomli_w.dumps(asdict(made_from)),
            config_hash=made_from.hash,
            seed=made_from.seed,
        )
        gate = Gate(folder, keys=Path(home) / "keys")
        gate.found(name, core, kind="core")
        person = Signer(name="nobody", key=Ed25519PrivateKey.generate())
        gate.enroll(person.name, person.public, "lead", demo=True)
        yield Gated(run=run, gate=gate, person=person)
