"""Ctrl-C as a polite request: finish the step, save, leave."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

EXIT_CODE = 130
"""What a shell expects of a command ended by Ctrl-C."""


class Interrupt:
    """Called, says whether the person at the keyboard (or the system) asked to stop."""

    def __init__(self) -> None:
        self.requested = False

    def __call__(self) -> bool:
        """Return True from the first request on."""
        return self.requested


@contextmanager
def interruptible() -> Generator[Interrupt]:
    """Turn SIGINT and SIGTERM into a request for the length of the block.

    A second signal does what it always did: whoever cannot wait does not have to. Main thread
    only.
    """
    interrupt = Interrupt()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def request(_number: int, _frame: FrameType | None) -> None:
        interrupt.requested = True
        restore()

    for number in before:
        signal.signal(number, request)
    try:
        yield interrupt
    finally:
        restore()
