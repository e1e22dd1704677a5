"""A run with a gate, for tests: bytes that stand for weights, and persons who decide."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import tomli_w
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nexus.base.proposals import Effect, Evidence, Policy, ShadowReport, Slice
from nexus.config import Recipe, ReviewConfig
from nexus.review.book import Book
from nexus.review.gate import Draft, Gate
from nexus.review.keys import Signer
from nexus.store.manifest import Artefact, system_hash
from nexus.store.objects import sha256
from nexus.store.runs import Run

MEMORY = Path("/dev/shm")
"""Where there is no disk to wait for; what fsync is for has tests of its own."""
WEIGHTS = {"encoder": b"eyes", "core": b"mind", "parser": b"ears"}
"""What thinks at first."""


@dataclass
class Clock:
    """A clock that stands still unless told."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class World:
    """One run, its gate and its people."""

    gate: Gate
    clock: Clock
    people: dict[str, Signer] = field(default_factory=dict)


def person(name: str) -> Signer:
    """Return a person with a new key."""
    return Signer(name=name, key=Ed25519PrivateKey.generate())


def gated(
    tmp: Path,
    *,
    policy: Policy | None = None,
    people: int = 1,
    demo: bool = False,
    ledger: str = "",
    now: float = 1_800_000_000.0,
) -> World:
    """Return a run at ``tmp/run`` in which ``WEIGHTS`` think and so many persons decide."""
    recipe = Recipe(
        name="gated", review=ReviewConfig(policy=policy or Policy(), demo=demo, ledger=ledger)
    )
    folder, clock = tmp / "run", Clock(now)
    Run.create(folder, recipe=tomli_w.dumps(asdict(recipe)), config_hash=recipe.hash, seed=0)
    world = World(gate=Gate(folder, clock=clock, keys=tmp / "keys"), clock=clock)
    for name, data in WEIGHTS.items():
        world.gate.found(name, data, kind=name)
    for name in ("ada", "bob", "cyd")[:people]:
        world.people[name] = signer = person(name)
        first = next(iter(world.people.values()))
        role = "lead" if signer is first else "reviewer"
        voucher = None if signer is first else first
        world.gate.enroll(name, signer.public, role, voucher=voucher)
    return world


FIRST = system_hash({n: Artefact(sha256=sha256(d), kind=n) for n, d in WEIGHTS.items()})
"""Hash of the system that thinks at first."""


def draft(
    change: str = "0123456789ab",
    data: bytes = b"new mind",
    lasts_s: int = 3600,
    *,
    base: str = FIRST,
) -> Draft:
    """Return a draft that puts ``data`` in place of the core of the system ``base``."""
    return Draft(
        change_id=change,
        kind="core",
        base=base,
        artefacts={"core": data},
        proposer="reflection",
        rationale="rule 3 after 5 now comes to something else",
        evidence=Evidence(cause="rule:3x5", traces=("a" * 12,), counts={"wrong": 40}),
        effects=(Effect(figure="all", expected=0.97, tolerance=0.01),),
        replay=b"{}",
        data={"seed": 0, "examples": 40},
        lasts_s=lasts_s,
    )


def report(book: Book, change: str = "0123456789ab", *, flagged: bool = False) -> ShadowReport:
    """Return what the candidate was seen to do; a flagged one forgets."""
    asked = book.find(change).asked
    row = Slice(name="all", n=1000, base=0.9, candidate=0.97, low=0.05, high=0.09, detectable=0.02)
    frozen = replace(row, name="frozen", candidate=0.8 if flagged else 0.9)
    return ShadowReport(
        change_id=change,
        base=asked.base,
        candidate=asked.candidate,
        slices=(row,),
        frozen=frozen,
        ece_base=0.02,
        ece_candidate=0.02,
        mended=(),
        broken=(),
        n_mended=80,
        n_broken=10,
        layers=(),
        cpu_s=1.5,
    )


def pending(
    world: World,
    change: str = "0123456789ab",
    data: bytes = b"new mind",
    *,
    flagged: bool = False,
) -> str:
    """Return the id of a change that waits for a person."""
    world.gate.propose(draft(change, data, base=world.gate.book().current))
    world.gate.shadow(report(world.gate.book(), change, flagged=flagged))
    world.gate.submit(change)
    return change


def core(world: World) -> bytes:
    """Return the bytes of the core that may think."""
    from nexus.review.approved import Approved

    return Approved.open(world.gate.folder, keys=world.gate.keys).artefact("core")
