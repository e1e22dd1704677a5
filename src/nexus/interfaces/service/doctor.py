"""Is this machine fit to run NEXUS? Each finding says what to do where it is not."""

import os
import platform
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from nexus.base import network
from nexus.base.device import choose, set_threads, usable_cores
from nexus.base.errors import NexusError
from nexus.config import recipe, recipes
from nexus.interfaces.service.runs import RUNS
from nexus.store.files import write_atomically
from nexus.store.provenance import machine, package_versions

_FREE_DISK: Final = 2e9
_FREE_MEMORY: Final = 4e9
_SPEED: Final = 20.0
"""Billions of multiply-adds and additions a second below which the demo outlasts ten minutes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    status: Literal["ok", "note", "problem"]
    found: str
    advice: str = ""


def examine() -> tuple[Finding, ...]:
    """Return every finding; takes about two seconds, one of them to measure the speed."""
    return (
        _packages(),
        _torch(),
        _processor(),
        _threads(),
        _speed(),
        _memory(),
        _disk(),
        writing(),
        _network(),
        *_recipes(),
    )


def _packages() -> Finding:
    versions = package_versions()
    absent = [name for name, version in versions.items() if version == "not installed"]
    return Finding(
        name="packages",
        status="problem" if absent else "ok",
        found=", ".join(f"{name} {version}" for name, version in versions.items()),
        advice="`make setup` installs what is absent" if absent else "",
    )


def _torch() -> Finding:
    import torch

    build = torch.version.cuda or getattr(torch.version, "hip", None) or "CPU only"
    return Finding(
        name="torch",
        status="ok",
        found=f"{torch.__version__}, built for {build}, computes on {choose()}",
    )


def _processor() -> Finding:
    known = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16", "asimd")
    present = processor_flags()
    flags = [flag for flag in known if flag in present]
    slow = platform.machine() in ("x86_64", "AMD64") and bool(present) and "avx2" not in present
    return Finding(
        name="processor",
        status="note" if slow else "ok",
        found=f"{machine()['processor']}: {', '.join(flags) or 'no known vector units'}",
        advice="without AVX2 training takes several times as long" if slow else "",
    )


def processor_flags() -> frozenset[str]:
    """Return the instruction set flags Linux reports; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return frozenset()
    flags = (line.partition(":")[2] for line in lines if line.startswith(("flags", "Features")))
    return frozenset(next(flags, "").split())


def _threads() -> Finding:
    threads, cores = set_threads(), usable_cores()
    return Finding(
        name="threads",
        status="note" if threads > cores else "ok",
        found=f"{threads} on {cores} usable cores",
        advice=f"set OMP_NUM_THREADS={cores}: more threads than cores wait for each other"
        if threads > cores
        else "",
    )


def _speed() -> Finding:
    speed = multiply_speed(seconds=1.0)
    slow = speed < _SPEED
    return Finding(
        name="speed",
        status="note" if slow else "ok",
        found=f"{speed:.0f} GFLOP/s, fp32 matrix product of side 1024",
        advice="close other programs; the demo may take longer than ten minutes" if slow else "",
    )


def multiply_speed(*, seconds: float) -> float:
    """Return billions of floating-point operations a second in a product of square matrices."""
    import torch

    side, repeats = 1024, 0
    matrix = torch.ones(side, side)
    product = matrix @ matrix  # the first one also starts the threads
    begun = time.perf_counter()
    while (took := time.perf_counter() - begun) < seconds:
        torch.matmul(matrix, matrix, out=product)
        repeats += 1
    return 2 * side**3 * repeats / took / 1e9


def _memory() -> Finding:
    free = free_memory()
    if free is None:
        return Finding(name="memory", status="note", found="this system does not say")
    short = free < _FREE_MEMORY
    return Finding(
        name="memory",
        status="note" if short else "ok",
        found=f"{free / 1e9:.1f} GB free",
        advice="close other programs: the demo may need 4 GB" if short else "",
    )


def free_memory() -> float | None:
    """Return bytes of memory a program can still get, where the system says."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    values: Mapping[str, str] = dict(line.split(":", 1) for line in lines if ":" in line)
    return float(values["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in values else None


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    short = free < _FREE_DISK
    return Finding(
        name="disk",
        status="problem" if short else "ok",
        found=f"{free / 1e9:.1f} GB free in {Path.cwd()}",
        advice=f"free {_FREE_DISK / 1e9:.0f} GB, or work on another disk" if short else "",
    )


def writing() -> Finding:
    """Return whether runs can be written here, by writing one file and taking it away again."""
    there = RUNS.exists()
    path = RUNS / f".doctor-{os.getpid()}"
    try:
        write_atomically(path, b"can this be written?")
        path.unlink()
        if not there:
            RUNS.rmdir()
    except (NexusError, OSError) as error:
        advice = getattr(error, "hint", "") or "start NEXUS in a folder you may write to"
        message = getattr(error, "message", "") or str(error)
        return Finding(name="writing", status="problem", found=message, advice=advice)
    return Finding(name="writing", status="ok", found=f"{RUNS.resolve()} can be written")


def _network() -> Finding:
    on = network.installed()
    return Finding(
        name="network",
        status="ok" if on else "note",
        found="guard on: connections that leave this machine are refused" if on else "guard off",
        advice="" if on else "the `nexus` command switches it on; a Python session does not",
    )


def _recipes() -> tuple[Finding, ...]:
    return tuple(_recipe(name) for name in recipes())


def _recipe(name: str) -> Finding:
    try:
        return Finding(name=f"recipe {name}", status="ok", found=recipe(name).hash)
    except NexusError as error:
        advice = error.hint or "install NEXUS again"
        return Finding(name=f"recipe {name}", status="problem", found=error.message, advice=advice)
