"""A person's word on a thought: checked, written down for good, learned in working memory at once.

What a run thinks with by itself is only read. The working memory called ``corrected`` is learned
anew from all that stands; `nexus solve ... --memory corrected` thinks with it.
"""

import getpass
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nexus.base.errors import DataError
from nexus.interfaces.boards import TASKS
from nexus.interfaces.corrected import (
    LONGEST_NAME,
    LONGEST_WHY,
    checked_words,
    read_answer,
    refused,
)
from nexus.interfaces.service.adapting import CORRECTED, home_of, keep
from nexus.interfaces.service.runs import find, recipe_of
from nexus.reason.corrections import Weighed, event_of, outruled, standing
from nexus.reason.reflection import Reflection
from nexus.review.approved import Approved
from nexus.store.corrections import Correction, CorrectionLog
from nexus.store.files import remove_folder, write_json
from nexus.store.lines import locked
from nexus.store.objects import sha256
from nexus.store.traces import TraceLog

if TYPE_CHECKING:
    from nexus.train.correcting import Bench


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrected:
    """A correction as it was written down, and what was learned."""

    run: Path
    weighed: Weighed
    refused: str
    """Why the exact checker refuses the person's answer, which is no reason to drop it."""
    learned: int
    """Things from which ``corrected`` was learned anew; 0 where nothing was."""
    why: str
    """Why nothing was learned, in plain words."""


def correct(
    trace: str,
    answer: str,
    *,
    because: str = "",
    by: str = "",
    run: str = "",
    progress: Callable[[str], None] | None = None,
) -> Corrected:
    """Return a person's word on a thought, after it was logged and learned from.

    Raises:
        InputError: there is no such thought, or it cannot be answered so, or the words are too
            long; nothing is written.
        CheckpointError: there is no such run, or its reasoner is gone; the correction is kept.
        DataError: the thought or a line of the log is damaged.
        StorageError: the disk refused.
    """
    from nexus.worlds.registry import get

    because = checked_words("reason", because, LONGEST_WHY)
    by = checked_words("name", by or _login(), LONGEST_NAME)
    folder = find(run)
    thought = TraceLog(folder / "logs").read(trace)
    words = frozenset(getattr(get(recipe_of(folder).world.name), "answers", ()))
    correction = Correction(
        id=secrets.token_hex(6),
        trace=thought.id,
        task=thought.task,
        board=thought.board,
        question=thought.text,
        source=thought.note("source"),
        answered=thought.answer,
        answer=read_answer(answer, thought, words),
        because=because,
        by=by,
        time=datetime.now(UTC),
    )
    log = CorrectionLog(folder / "logs")
    log.read()  # a damaged log is told of before anything is written
    log.write(correction)
    Reflection(folder / "logs").record([event_of(correction)])
    learned, why = 0, "what is seen in pictures is not learned from corrections; it is evidence"
    if correction.board:
        (progress or _silent)(f"learning what was corrected of {correction.task} ...")
        learned, why = relearn(folder, correction.task)
    weighed = next(w for w in _weighed(folder) if w.correction.id == correction.id)
    return Corrected(
        run=folder,
        weighed=weighed,
        refused=refused(thought, correction.answer),
        learned=learned,
        why=why,
    )


def listed(run: str) -> tuple[Weighed, ...]:
    """Return every correction of a run with what became of it, oldest first.

    Raises:
        CheckpointError: there is no such run.
        DataError: a line of the log is damaged; it is named.
    """
    return _weighed(find(run))


def weigh(run: str, progress: Callable[[str], None] | None = None) -> tuple[Weighed, ...]:
    """Return the same after each was held against memories learned from the others; minutes.

    Where a changed rule speaks against some, no memory is asked. What speaks against one is kept,
    so that it is not learned from, until this is asked for again; ``corrected`` is learned anew.

    Raises:
        CheckpointError: there is no such run, or a file of its reasoner is damaged.
        DataError: a line of the log is damaged; it is named.
    """
    from nexus.train.correcting import contradicted

    folder = find(run)
    words = CorrectionLog(folder / "logs").read()
    against = dict[str, str]()
    tasks = [task for task in TASKS if any(c.task == task and c.board for c in words)]
    for task in tasks:
        (progress or _silent)(f"holding corrections of {task} against each other ...")
        if outruled(TASKS[task].puzzle, standing(words)):
            continue  # a changed rule tells more than a memory does, and is looked for each time
        if (bench := _bench(folder, task)) is not None:
            against |= contradicted(bench, standing(words))
    write_json(_against_path(folder), against)
    for task in tasks:
        relearn(folder, task)
    return _weighed(folder)


def relearn(folder: Path, task: str) -> tuple[int, str]:
    """Learn ``corrected`` anew and return from how many things, or 0 and why from none.

    Raises:
        CheckpointError: a file of the reasoner is damaged.
        DataError: a line of the log is damaged.
        StorageError: the disk refused.
    """
    from nexus.nn.weights import module_bytes
    from nexus.train.correcting import learn, taught

    home = home_of(folder, task, CORRECTED)
    with locked(folder / "working" / "lock"):  # two at once: the later one reads both
        examples = taught(_weighed(folder), TASKS[task].puzzle).examples
        if not len(examples):
            if home.is_dir():
                remove_folder(home)
            return 0, "no correction of this task stands"
        bench = _bench(folder, task)
        if bench is None:
            return 0, f"no reasoner is trained for {task}"
        before = module_bytes(bench.boards)
        change = learn(bench, examples)
        assert module_bytes(bench.boards) == before, "the core is only read"
        about = {"examples": len(examples), "cycles": bench.pace.cycles}
        keep(home, task, change, sha256(before), about)
    return len(examples), ""


def _weighed(folder: Path) -> tuple[Weighed, ...]:
    try:
        against = json.loads(_against_path(folder).read_bytes())
        assert isinstance(against, dict)
    except FileNotFoundError:
        against = {}
    except (OSError, ValueError, AssertionError):
        raise DataError(f"{_against_path(folder)} is damaged", hint="delete it") from None
    words = CorrectionLog(folder / "logs").read()
    for task in TASKS.values():
        against |= outruled(task.puzzle, standing(words))
    return standing(words, against)


def _against_path(folder: Path) -> Path:
    return folder / "logs" / "corrections_against.json"


def _bench(folder: Path, task: str) -> "Bench | None":
    """Return the reasoner of a task with what is learned again beside corrections."""
    from nexus.base.device import set_threads
    from nexus.suites.thoughts import load
    from nexus.train.correcting import bench
    from nexus.train.puzzles import artefact

    if artefact(task) not in Approved.open(folder).artefacts:
        return None
    set_threads()
    recipe = recipe_of(folder)
    boards = load(folder, recipe, task)
    return bench(boards, TASKS[task].puzzle, cycles=recipe.reasoner.think, seed=recipe.seed)


def _silent(_: str) -> None: ...


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user id
        return "someone"
