"""The log reaches stderr once, however often it is set up, and stdout never."""

import logging

import pytest

from nexus.base import log


@pytest.fixture(autouse=True)
def restore() -> object:
    logger = logging.getLogger("nexus")
    before = logger.level, logger.propagate, logger.handlers[:]
    yield
    logger.level, logger.propagate, logger.handlers[:] = before
    logging.getLogger("nexus").manager._clear_cache()


def test_a_warning_appears_once_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up()
    log.set_up()
    logging.getLogger("nexus.somewhere").warning("look out")
    logging.getLogger("nexus.somewhere").info("all is well")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "WARNING nexus.somewhere: look out\n")


def test_verbose_shows_everything(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up(verbose=True)
    logging.getLogger("nexus.somewhere").debug("details")
    assert "details" in capsys.readouterr().err
