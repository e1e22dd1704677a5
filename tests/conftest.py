"""What every test shares: shapes checked at run time, Hypothesis profiles, no stray randomness."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import settings
from jaxtyping import install_import_hook

if TYPE_CHECKING:
    from nexus.reason.sentences.network import SentenceNetwork

# Must precede every import of the packages named: a module already imported stays unchecked.
install_import_hook(
    [f"nexus.{name}" for name in ("nn", "encode", "predict", "remember", "reason", "evaluate")],
    "beartype.beartype",
)

# On small tensors two threads mostly wait for each other: on a busy two-core machine a step of 30
# small operations took 20 times as long, and 24 times the CPU, as with one thread. What a test
# calls may set the number again, for good: it is told the same.
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)

# The first call into a torch op can take seconds, so a per-example deadline only adds noise.
settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(autouse=True)
def no_global_randomness() -> Iterator[None]:
    """Fail a test whose code under test drew from torch's global generator."""
    before = torch.get_rng_state()
    yield
    drew = not torch.equal(before, torch.get_rng_state())
    torch.set_rng_state(before)
    assert not drew, "drew from torch's global generator: use nexus.nn.seeding"


@pytest.fixture(autouse=True, scope="session")
def keys_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep keys and anchors of tests away from those of whoever runs them."""
    from nexus.review import keys  # not before the hook above has seen every module

    folder = tmp_path_factory.mktemp("keys")
    keys.keys_folder = lambda: folder


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of the smallest recipe, trained once for all tests: read it, or copy it."""
    from trained import trained  # not before the hook above has seen every module

    state = torch.get_rng_state()
    folder = trained(tmp_path_factory.mktemp("trained") / "smoke", "smoke")
    assert torch.equal(state, torch.get_rng_state()), "training drew from the global generator"
    return folder


@pytest.fixture(scope="session")
def canonical_network(tmp_path_factory: pytest.TempPathFactory) -> "SentenceNetwork":
    """Return a small network that reads canonical English, taught once by the real loop."""
    from canonical import taught  # not before the hook above has seen every module

    return taught(tmp_path_factory.mktemp("canonical"))
