"""The torch side of named randomness: every generator comes from a key, none is global."""

from collections.abc import Generator
from contextlib import contextmanager

import torch

from nexus.base.randomness import key


def stream(seed: int, *path: str | int, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a fresh generator that belongs to ``path`` under ``seed``.

    Streams are independent and order-free: step 7 draws the same numbers whether or not step 6
    was drawn, so a resumed run needs no saved generator state.

    >>> a = torch.rand(2, generator=stream(0, "masks", 7))
    >>> torch.equal(a, torch.rand(2, generator=stream(0, "masks", 7)))
    True
    """
    return torch.Generator(device=device).manual_seed(key(seed, *path))


@contextmanager
def seeded(seed: int, *path: str | int) -> Generator[None, None, None]:
    """Lend a stream to code that insists on the global generator, such as ``nn.Linear()``.

    The global generator is put back on exit, also after an error. Not for use in two threads.
    """
    with torch.random.fork_rng():
        torch.manual_seed(key(seed, *path))
        yield
