"""A process that does what it is told at a gate, and kills itself at a step or is killed.

It reads lines ``OUT SECONDS RUN KEYS PERSON ORDER STEP COUNT`` and forks for each, which spares the
start of Python: at the ``COUNT``-th time of ``STEP`` (``-``: never), or ``SECONDS`` after it began
(0: never), the fork dies by SIGKILL. The steps it passes go to the file ``OUT``; how it ended (0, 3
where it was refused, -9 where it was killed) to standard output. ``KEYS/PERSON.raw`` is a raw key.
"""

import os
import signal
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from gated import draft, report

from nexus.base.errors import NexusError
from nexus.review.gate import Gate
from nexus.review.keys import Signer

CHANGE = "0123456789ab"
NOW = 1_800_000_100


def do(gate: Gate, order: str, signer: Signer) -> None:
    """Carry out one order."""
    match order:
        case "found":
            gate.found("voice", b"la la", kind="voice")
        case "propose":
            gate.propose(draft())
            gate.shadow(report(gate.book()))
            gate.submit(CHANGE)
        case "approve":
            gate.approve(gate.ballot("approve", CHANGE), signer)
        case "rollback":
            gate.rollback(gate.ballot("rollback", CHANGE, "why not"), signer)
        case "observe":
            if gate.settle().find(CHANGE).state in ("applied", "monitoring"):
                gate.observe(CHANGE, "all", right=10, n=100)


def main(folder: str, keys: str, person: str, order: str, step: str, count: str) -> int:
    """Do it; return 0, or 3 and print the error where it was refused."""
    left = [int(count)]

    def at(name: str) -> None:
        os.write(1, f"{name}\n".encode())
        if name.replace(" ", "_") == step:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    key = Ed25519PrivateKey.from_private_bytes((Path(keys) / f"{person}.raw").read_bytes())
    try:
        gate = Gate(Path(folder), clock=lambda: NOW, keys=Path(keys), step=at)
        do(gate, order, Signer(name=person, key=key))
    except NexusError as error:
        os.write(1, f"{type(error).__name__}: {error}\n".encode())
        return 3
    return 0


def wait(child: int) -> int:
    """Return how a process ended: 0, 3, or -9 where it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for line in sys.stdin:
        out, seconds, *rest = line.split()
        if (pid := os.fork()) == 0:
            handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(handle, 1)
            os._exit(main(*rest))
        if float(seconds):
            time.sleep(float(seconds))
            os.kill(pid, signal.SIGKILL)
        os.write(1, f"{wait(pid)}\n".encode())
