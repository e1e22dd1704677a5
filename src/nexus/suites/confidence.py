"""How sure to be: the map from what the routes say of themselves to how often they are right.

Fitted on split val, on scenes that calibrated no part before; never on what is measured later.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Final

from nexus.decide.answer import Calibration
from nexus.evaluate.calibration import fit_decision
from nexus.review.gate import Gate
from nexus.store.files import json_bytes
from nexus.suites.answers import think_about
from nexus.system import System

QUESTIONS: Final = 2000
"""Most of them. Among so many a demo has 450 lone proofs, enough to be sure of their share."""
FIRST: Final = 1 << 20
"""First scene of split val used here."""


def fit_confidence(folder: Path) -> Calibration:
    """Think about validation questions, fit the calibration, and let the run think with it.

    Only artefact ``calibration`` changes; the thresholds of abstention are the recipe's.

    Raises:
        CheckpointError: the run is not trained to the end.
    """
    system = System.load(folder)
    count = min(QUESTIONS, 2 * system.recipe.evaluate.questions)
    record = think_about(system, "val", count, first=FIRST).record
    fitted = fit_decision(record, wanted=system.recipe.decide.proved)
    Gate(folder).found("calibration", json_bytes(asdict(fitted)), kind="threshold")
    return fitted
