"""Corrections are kept line by line, for good; a damaged line is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from nexus.base.errors import DataError, InputError
from nexus.store.corrections import Correction, CorrectionLog

WORD = Correction(
    id="a" * 12,
    trace="b" * 12,
    task="khop",
    board=(1, 2, 3),
    question="a is ? b",
    source="",
    answered="flipped",
    answer="turned left",
    because="the rule has changed",
    by="Ann",
    time=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)


def test_what_is_written_is_read_back_in_order(tmp_path: Path) -> None:
    log = CorrectionLog(tmp_path / "logs")
    assert log.read() == []
    words = [replace(WORD, id=f"{k:012x}", by=f"\u00c4nn {k}") for k in range(5)]
    for word in words:
        log.write(word)
    assert log.read() == words
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + b'{"id": ')  # cut short by a crash
    assert log.read() == words
    log.write(WORD)
    assert log.read() == [*words, WORD]
    lines = log.path.read_bytes().splitlines(keepends=True)
    for bad in (b"rubbish\n", b"{}\n", lines[0].replace(b'"board": [', b'"board": ["x", ')):
        log.path.write_bytes(lines[0] + bad + lines[1])
        with pytest.raises(DataError, match="line 2 of"):
            log.read()


def test_a_word_that_is_none_is_refused() -> None:
    for change, error in (
        ({"id": "x"}, InputError),
        ({"trace": "../etc"}, InputError),
        ({"answer": ""}, DataError),
        ({"by": ""}, DataError),
        ({"because": 3}, DataError),
        ({"time": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))}, DataError),
    ):
        with pytest.raises(error):
            replace(WORD, **change)
