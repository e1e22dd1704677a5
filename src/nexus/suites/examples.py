"""A few questions of each outcome kept for people: the picture, what was asked, who said what."""

import io
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from nexus.store.files import write_atomically, write_json
from nexus.suites.answers import Answers

KEPT: Final = 12
"""Examples of each outcome."""
OUTCOMES: Final = ("right", "wrong", "abstained")
_ENLARGED: Final = 192
"""Side of a kept picture, in pixels."""


def chosen(answers: Answers, most: int = KEPT) -> dict[str, list[int]]:
    """Return the first few questions of each outcome, kinds taking turns."""
    kinds = answers.kinds
    outcome = np.where(answers.answered, np.where(answers.right, "right", "wrong"), "abstained")
    found: dict[str, list[int]] = {}
    for name in OUTCOMES:
        rows = np.flatnonzero(outcome == name)
        turn = np.zeros(len(rows), dtype=int)
        for kind in np.unique(kinds[rows]):
            turn[kinds[rows] == kind] = np.arange((kinds[rows] == kind).sum())
        found[name] = rows[np.lexsort((rows, turn))][:most].tolist()
    return found


def keep_examples(folder: Path, answers: Answers) -> None:
    """Write ``evaluation/examples.json`` and its pictures into the run at ``folder``."""
    kept: list[dict[str, Any]] = []
    for outcome, rows in chosen(answers).items():
        for place, at in enumerate(rows):
            path = Path("evaluation") / "examples" / f"{outcome}_{place:02d}.png"
            write_atomically(folder / path, png(answers.images[answers.row[at]]))
            kept.append({"picture": path.as_posix(), **_said(answers, at)})
    write_json(folder / "evaluation" / "examples.json", kept)


def _said(answers: Answers, at: int) -> dict[str, Any]:
    question, decision = answers.questions[at], answers.decisions[at]
    return {
        "question": question.text,
        "kind": question.kind,
        "gold": question.answer,
        "answer": decision.answer,
        "confidence": decision.confidence,
        "cause": decision.cause,
        "reason": decision.reason,
        "fast": {"answer": decision.fast.answer, "confidence": decision.fast.confidence},
        "slow": {"answer": decision.slow.answer, "confidence": decision.slow.confidence},
    }


def png(image: UInt8[np.ndarray, "side side 3"]) -> bytes:
    """Return a picture, enlarged without smoothing, as the bytes of a PNG file."""
    buffer = io.BytesIO()
    size = (_ENLARGED, _ENLARGED)
    Image.fromarray(image).resize(size, Image.Resampling.NEAREST).save(buffer, format="PNG")
    return buffer.getvalue()
