"""A disk that dies or refuses at a chosen call: how the tests pull the plug."""

import os
from collections.abc import Callable

import pytest

_CALLS = ("open", "write", "fsync", "replace", "mkdir", "unlink", "rmdir")


class Died(BaseException):
    """The process is gone: nothing after this may touch the disk."""


class DyingDisk:
    """Lets ``alive`` calls of the operating system through; all later ones fail with ``error``.

    ``fsync`` is counted and not done: what dies here is a process, whose writes its system keeps,
    and a disk that takes its time would make the tests wait for nothing.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls, self.alive, self.error = 0, 10**9, Died()
        for name in _CALLS:
            real = getattr(os, name) if name != "fsync" else _nothing
            monkeypatch.setattr(os, name, self._mortal(real))

    def _mortal(self, real: Callable) -> Callable:
        def call(*arguments, **keywords):
            self.calls += 1
            if self.calls > self.alive:
                raise self.error
            return real(*arguments, **keywords)

        return call

    def revive(self, alive: int = 10**9) -> None:
        self.calls, self.alive = 0, alive


def _nothing(handle: int) -> None:
    """Stand in for a call whose effect only a power cut would show."""
