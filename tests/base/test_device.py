"""One device choice: what is asked for, or an error that says what there is."""

import pytest
import torch

from nexus.base.device import choose, set_threads, usable_cores
from nexus.base.errors import ConfigError


def test_auto_takes_what_is_present() -> None:
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    if torch.backends.mps.is_available():
        expected = "mps"
    assert choose("auto") == expected
    assert choose("cpu") == "cpu"


def test_an_absent_device_is_named_with_those_present() -> None:
    absent = "mps" if torch.cuda.is_available() else "cuda"  # no machine has both
    with pytest.raises(ConfigError, match=rf"'{absent}' is not on this machine.*present:.*cpu"):
        choose(absent)


def test_threads_are_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    try:
        assert set_threads(1) == 1
        monkeypatch.setenv("OMP_NUM_THREADS", "1")
        assert set_threads() == 1  # the environment decides, and torch has read it already
        monkeypatch.delenv("OMP_NUM_THREADS")
        assert set_threads() == usable_cores()
        with pytest.raises(ConfigError, match="-1"):
            set_threads(-1)
    finally:
        torch.set_num_threads(before)
