"""Working memory for one task: learned from a person's examples, kept beside the run, used by name.

It is never part of what a run may think with by itself: the manifest does not name it, and the
core it was learned on stays as it is.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nexus.base.errors import CheckpointError, InputError
from nexus.interfaces.boards import TASKS, Task, read_board
from nexus.interfaces.service.runs import find, recipe_of
from nexus.review.approved import Approved
from nexus.store.files import json_bytes, write_folder
from nexus.store.objects import sha256
from nexus.worlds.puzzles import Puzzles

if TYPE_CHECKING:
    from nexus.nn.lora import Adaptation

LEAST: Final = 20
"""Fewest examples; one in five is kept to see what was learned."""
MOST_BYTES: Final = 20_000_000
_FORM: Final = 'each line is {"board": "...", "answer": "..."}'


CORRECTED: Final = "corrected"
"""The memory that corrections make (see ``correcting``), which nothing else may write."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """A working memory of a run."""

    change: "Adaptation"
    cycles: int
    """How long it was taught to think; 0: as long as the recipe says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Adapted:
    """What was learned, and how well the examples not learned from are answered."""

    name: str
    task: str
    run: Path
    examples: int
    before: float
    after: float
    cpu_s: float


def adapt(name: str, task: str, examples: Path, *, run: str = "") -> Adapted:
    """Learn from a file of boards and answers how ``name`` wants ``task`` answered.

    Each line of the file is ``{"board": "...", "answer": "..."}``.

    Raises:
        InputError: the name cannot be used, or the examples cannot; the line is named.
        CheckpointError: there is no such run, or its reasoner is not trained.
    """
    if task not in TASKS:
        raise InputError(f"there is no task {task!r}", hint="one of " + ", ".join(TASKS))
    data = read_examples(examples, TASKS[task])
    if name == CORRECTED:
        raise InputError(f"{name!r} is what `nexus correct` makes", hint="choose another name")
    folder = find(run)
    home = home_of(folder, task, name)

    from nexus.base.device import set_threads
    from nexus.nn.weights import module_bytes
    from nexus.suites.thoughts import exact, load
    from nexus.train.adapt import fast_adapt

    set_threads()
    recipe = recipe_of(folder)
    boards, cycles = load(folder, recipe, task), recipe.reasoner.think
    kept = np.arange(len(data)) % 5 == 4
    learned, shown = data.take(np.flatnonzero(~kept)), data.take(np.flatnonzero(kept))
    before = exact(boards, shown, cycles=cycles)[-1]
    began = time.process_time()
    change = fast_adapt(boards, learned, seed=recipe.seed)
    spent = time.process_time() - began
    after = exact(boards, shown, cycles=cycles, task=change)[-1]
    about = {
        "examples": len(data),
        "before": float(before.mean()),
        "after": float(after.mean()),
    }
    keep(home, task, change, sha256(module_bytes(boards)), about)
    return Adapted(
        name=name,
        task=task,
        run=folder,
        examples=len(data),
        before=float(before.mean()),
        after=float(after.mean()),
        cpu_s=spent,
    )


_WEIGHTS: Final = "adaptation.safetensors"
_ABOUT: Final = "about.json"


def keep(
    home: Path, task: str, change: "Adaptation", core: str, about: Mapping[str, float]
) -> None:
    """Write a working memory learned on ``core``, in place of what ``home`` holds.

    Raises:
        StorageError: the disk refused; what was there stays.
    """
    from nexus.nn.weights import to_bytes

    told = {"task": task, "kind": change.kind, "core": core, **about}
    write_folder(home, {_WEIGHTS: to_bytes(change.factors), _ABOUT: json_bytes(told)})


def remembered(folder: Path, task: str, name: str) -> Remembered:
    """Return the working memory called ``name`` of a run, if it fits the core that thinks now.

    Raises:
        InputError: the run has none of that name.
        CheckpointError: it is damaged, or was learned on another core.
    """
    from nexus.nn.lora import Adaptation
    from nexus.nn.weights import from_bytes
    from nexus.train.puzzles import artefact

    home = home_of(folder, task, name)
    if not home.is_dir():
        there = sorted(path.name for path in home.parent.glob("*")) if home.parent.is_dir() else []
        known = "known: " + ", ".join(there) if there else "there is none: `nexus adapt` makes one"
        raise InputError(f"no working memory {name!r} for {task} in {folder}", hint=known)
    try:
        about: Mapping[str, Any] = json.loads((home / _ABOUT).read_bytes())
        kind, core, cycles = about["kind"], about["core"], int(about.get("cycles", 0))
        weights = (home / _WEIGHTS).read_bytes()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{home} is damaged: {error}", hint="delete it and run `nexus adapt` again"
        ) from None
    if core != Approved.open(folder).artefacts[artefact(task)].sha256:
        raise CheckpointError(
            f"{home} was learned on another core than the one that thinks now",
            hint="run `nexus adapt` again",
        )
    factors = from_bytes(weights, source=str(home / _WEIGHTS))
    return Remembered(change=Adaptation(kind=kind, factors=factors), cycles=cycles)


def home_of(folder: Path, task: str, name: str) -> Path:
    """Return where the working memory called ``name`` is.

    Raises:
        InputError: the name cannot be that of a folder.
    """
    if not name or not all(letter.isalnum() or letter in "-_" for letter in name):
        raise InputError(
            f"{name!r} cannot name a working memory", hint="use letters, digits and dashes"
        )
    return folder / "working" / task / name


def read_examples(path: Path, task: Task) -> Puzzles:
    """Return the boards of a file with the answers a person wants.

    Raises:
        InputError: the file cannot be read, a line is no example, or there are too few.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} has more than {MOST_BYTES} bytes", hint="200 are 20 kB")
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", hint="check the path") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text", hint=_FORM) from None
    given, solution = list[np.ndarray](), list[np.ndarray]()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            example = json.loads(line)
            board, answer = example["board"], example["answer"]
            given.append(read_board(board, task))
            solution.append(read_board(answer, task))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"line {number} of {path} is no example: {error!r}",
                hint=_FORM,
            ) from None
        except InputError as error:
            raise InputError(f"line {number} of {path}: {error.message}", hint=error.hint) from None
        if not solution[-1].all():
            raise InputError(
                f"line {number} of {path}: the answer has blanks", hint="fill in every cell"
            )
    if len(given) < LEAST:
        raise InputError(
            f"{path} has {len(given)} examples", hint=f"at least {LEAST}; 200 are enough"
        )
    boards = np.stack(given)
    return Puzzles(
        given=boards,
        solution=np.stack(solution),
        asked=boards == 0,
        band=np.full(len(boards), -1),
        index=np.arange(len(boards)),
        seed=0,
        split="examples",
    )
