"""One board: read, thought about, checked exactly, logged; answered only if the checker agrees."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from nexus.base.errors import InputError
from nexus.config import Recipe
from nexus.interfaces.boards import Posed, Task, pose, read_board, task_of
from nexus.interfaces.service.adapting import remembered
from nexus.interfaces.service.runs import find, recipe_of
from nexus.reason.reflection import Reflection
from nexus.store.objects import sha256
from nexus.store.traces import Cycle, Trace
from nexus.worlds.puzzles import answers

MOST_CYCLES: Final = 256
_TOLD: Final = 3
"""Mistakes of a board that are told; the rest are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Solved:
    """A board's thought, as it was logged, and the run that thought it."""

    run: Path
    trace: Trace


def solve(
    name: str,
    text: str,
    *,
    source: str = "",
    run: str = "",
    cycles: int | None = None,
    memory: str = "",
) -> Solved:
    """Return the thought about a board written as ``text``, after it was logged.

    An answer is given if the puzzle's exact checker accepts it. A board that cannot have one answer
    is not thought about: why not is known beforehand. ``cycles`` are by default the recipe's.
    With a working ``memory`` the answer is what that task wants, which no checker can judge: it is
    given where the reasoner is sure enough, and called unchecked.

    Raises:
        InputError: there is no such task or working memory, the text is no board of the task, or
            cycles are too many.
        CheckpointError: there is no such run, or its reasoner is not trained.
        ThoughtError: a number in the thought is not finite.
    """
    task = task_of(name, text)
    if cycles is not None and not 1 <= cycles <= MOST_CYCLES:
        raise InputError(f"cycles are 1 to {MOST_CYCLES}, got {cycles}")
    posed = pose(read_board(text, task), task)
    folder = find(run)
    thought: tuple[Cycle, ...] = ()
    core = ""
    if not posed.cause:
        recipe = recipe_of(folder)
        core, thought = _think(folder, recipe, task, posed, cycles, memory)
    enough, words = recipe_of(folder).decide.confidence, "" if task.side else text
    trace = _trace(task, posed, thought, core, enough, source, memory, words)
    Reflection(folder / "logs").keep([trace])
    return Solved(run=folder, trace=trace)


def _think(
    folder: Path, recipe: Recipe, task: Task, posed: Posed, cycles: int | None, memory: str
) -> tuple[str, tuple[Cycle, ...]]:
    """Return the hash of the reasoner that thought, and what it answered after each cycle."""
    import torch

    from nexus.base.device import set_threads
    from nexus.nn.weights import module_bytes
    from nexus.reason.boards import think_aloud
    from nexus.suites.thoughts import load

    set_threads()
    boards = load(folder, recipe, task.puzzle.name)
    rows = (torch.from_numpy(part[None]) for part in (posed.given, posed.asked, posed.fixed))
    kept = remembered(folder, task.puzzle.name, memory) if memory else None
    (thought,) = think_aloud(
        boards,
        *rows,
        cycles=cycles or (kept and kept.cycles) or recipe.reasoner.think,
        task=kept and kept.change,
    )
    return sha256(module_bytes(boards)), thought


def _trace(
    task: Task,
    posed: Posed,
    cycles: tuple[Cycle, ...],
    core: str,
    enough: float,
    source: str,
    memory: str,
    words: str,
) -> Trace:
    """Return a thought with its outcome; one without cycles ended before it began."""
    notes = {"source": source, "cause": posed.cause, "reason": posed.reason}
    answer, confidence = "", 0.0
    if cycles:
        last = cycles[-1]
        board, confidence = np.array(last.board, dtype=np.int64), last.confidence
        if memory:
            sure = confidence >= enough
            answer = answers.written(task.puzzle, last.board) if sure else ""
            notes |= {"memory": memory, "cause": "unchecked" if sure else "unsure"}
            notes["reason"] = f"as {memory} wants it (p = {confidence:.2f}); no checker knows that"
        else:
            wrong = task.puzzle.violations(posed.given, board)
            if not wrong:
                answer = answers.written(task.puzzle, last.board)
            notes["cause"], notes["reason"] = _outcome(wrong, confidence, enough)
        for name, probability in (("fast", last.fast), ("slow", last.slow)):
            alone = np.where(posed.asked, np.array(probability).argmax(-1), posed.fixed)
            notes[name] = answers.written(task.puzzle, alone.tolist())
    return Trace(
        id=secrets.token_hex(6),
        time=datetime.now(UTC),
        task=task.puzzle.name,
        text=words,
        board=tuple(posed.given.tolist()),
        cycles=cycles,
        answer=answer,
        confidence=confidence,
        core=core,
        notes=tuple(f"{name}: {words}" for name, words in notes.items() if words),
    )


def _outcome(wrong: list[str], confidence: float, enough: float) -> tuple[str, str]:
    """Return how a thought ended, in a word and in plain words."""
    if not wrong:
        return "checked", "the checker finds nothing wrong with it, and no other answer fits"
    more = f"; and {len(wrong) - _TOLD} more" if len(wrong) > _TOLD else ""
    mistakes = "; ".join(wrong[:_TOLD]) + more
    if confidence < enough:
        cause, head = "unsure", f"I am not sure enough of my board (p = {confidence:.2f})"
        return cause, f"{head}, and the checker refuses it: {mistakes}"
    cause, head = "refuted", f"I was sure of my board (p = {confidence:.2f})"
    return cause, f"{head}, but the checker refuses it: {mistakes}"
