"""The one device choice: made at the top, once; every module then follows its inputs."""

import os
from typing import Literal, TypeAlias

from nexus.base.errors import ConfigError

Device: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]


def choose(wanted: Device = "auto") -> Literal["cpu", "cuda", "mps"]:
    """Return the device to compute on; ``auto`` takes the first present of cuda, mps, cpu.

    Raises:
        ConfigError: the wanted device is not on this machine.
    """
    import torch

    present: dict[str, bool] = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        wanted = next(name for name in ("cuda", "mps", "cpu") if present[name])
    if not present[wanted]:
        have = ", ".join(name for name, here in present.items() if here)
        raise ConfigError(f"device {wanted!r} is not on this machine", hint=f"present: {have}")
    return wanted


def set_threads(threads: int = 0) -> int:
    """Return the number of threads torch now computes with.

    0 means what ``OMP_NUM_THREADS`` says, and without it one for each usable core. A run is
    bit-exact only for one number of threads.
    """
    import torch

    if threads < 0:
        raise ConfigError(f"threads must be at least 0, got {threads}")
    if threads or "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(threads or usable_cores())
    return torch.get_num_threads()


def usable_cores() -> int:
    """Return how many cores this process may run on, which a container can make fewer."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
