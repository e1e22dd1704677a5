"""What stands of what people said: of each thing corrected, the answer that most of them give.

A person's later word on a thing replaces their earlier one in counting; every word stays in the
log. Nobody's word is dropped because a checker knows better: a person may want another answer. But
where nearly all that people say speaks for one change of one rule, what they say against it is
doubted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from nexus.base.errors import InputError
from nexus.base.records import ReflectionEvent
from nexus.reason.rule_change import told
from nexus.store.corrections import Correction
from nexus.worlds.puzzles import Khop, Puzzle, Puzzles, answers

State: TypeAlias = Literal["standing", "doubted", "outvoted", "contested", "replaced"]
"""``contested``: as many say another thing, so that neither stands."""
DOUBTED: Final[tuple[State, ...]] = ("doubted", "outvoted", "contested")
"""What is not learned from, though it is a person's last word."""
LEAST: Final = 20
"""Fewest things corrected from which anything is held against one of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """A correction, and what the others make of it."""

    correction: Correction
    state: State
    why: str
    """In plain words; empty for what stands unopposed."""


def thing(correction: Correction) -> str:
    """Return what is corrected: a board whatever its thought and its guise, or a question."""
    if not correction.board:
        words = " ".join(correction.question.lower().split())
        return f"{correction.task}: {words} of {correction.source}"
    if correction.task == Khop().name:
        try:
            return f"khop: {Khop().alike(np.array(correction.board))}"
        except InputError:  # no board of this puzzle: only itself
            pass
    return f"{correction.task}: {correction.board}"


def standing(
    corrections: Sequence[Correction], against: Mapping[str, str] | None = None
) -> tuple[Weighed, ...]:
    """Return each correction with what became of it, in the order given (oldest first).

    Of each thing the answer of most persons stands; with as many for another answer none does.
    ``against`` says, by id, what speaks against a correction beside other people's words (see
    ``outruled`` and ``train.correcting``): one that only one person vouches for is doubted then.
    """
    weighed = dict[str, Weighed]()
    for words in _by_thing(corrections):
        last = {c.by: c for c in words}
        votes = Counter(c.answer for c in last.values())
        (answer, most), *others = votes.most_common()
        tied = bool(others) and others[0][1] == most
        for c in words:
            state, why = "standing", ""
            if last[c.by] is not c:
                state, why = "replaced", f"{c.by} said {last[c.by].answer} later"
            elif tied and votes[c.answer] == most:
                rest = [a for a, n in votes.items() if n == most and a != c.answer]
                state, why = "contested", f"as many say {' or '.join(rest)}"
            elif c.answer != answer or tied:
                state, why = "outvoted", f"{_people(most)} {answer}, {votes[c.answer]} this"
            elif most == 1 and against and c.id in against:
                state, why = "doubted", against[c.id]
            weighed[c.id] = Weighed(correction=c, state=state, why=why)
    return tuple(weighed[c.id] for c in corrections)


def judged(puzzle: Puzzle, weighed: Sequence[Weighed]) -> list[Correction]:
    """Return one correction of each board whose answer stands."""
    stands = {thing(w.correction): w.correction for w in weighed if w.state == "standing"}
    return [c for c in stands.values() if c.task == puzzle.name and c.board]


def boards_of(corrections: Sequence[Correction], puzzle: Puzzle) -> Puzzles:
    """Return corrected boards with the answers people gave, one a correction.

    Raises:
        InputError: an answer is none to its board.
    """
    shape = (len(corrections), puzzle.cells)
    given = np.array([c.board for c in corrections], dtype=np.int64).reshape(shape)
    told = [answers.read(puzzle, c.answer) for c in corrections]
    return Puzzles(
        given=given,
        solution=np.array(told, dtype=np.int64).reshape(shape),
        asked=answers.asked(puzzle, given),
        band=np.full(len(given), -1),
        index=np.arange(len(given)),
        seed=0,
        split="corrections",
    )


def outruled(puzzle: Puzzle, weighed: Sequence[Weighed]) -> dict[str, str]:
    """Return, by id, what speaks against corrections: the change of one rule the others speak for.

    Nothing speaks against any where no such change explains nearly all of them, as where they only
    mend what the core got wrong. See ``rule_change.told``.
    """
    if not isinstance(puzzle, Khop):
        return {}
    mine = [c for c in judged(puzzle, weighed) if _leads(puzzle, c.board)]
    data = boards_of(mine, puzzle)
    if len(mine) < LEAST or (change := told(puzzle, data)) is None:
        return {}
    right = change.explains(puzzle, data)
    come_to = change.under(puzzle).answered(data).solution
    others = f"{int(right.sum())} of {len(mine)} corrections say that {change.words(puzzle)}"
    return {
        c.id: f"{others}: by that it is {answers.written(puzzle, cells)}"
        for c, same, cells in zip(mine, right.tolist(), come_to.tolist(), strict=True)
        if not same
    }


def _leads(puzzle: Khop, board: Sequence[int]) -> bool:
    """Return whether facts lead from one tile of the question to the other."""
    try:
        return bool(puzzle.chain(np.array(board)))
    except InputError:
        return False


def _by_thing(corrections: Sequence[Correction]) -> Iterator[list[Correction]]:
    found = dict[str, list[Correction]]()
    for correction in corrections:
        found.setdefault(thing(correction), []).append(correction)
    yield from found.values()


def _people(count: int) -> str:
    return "1 says" if count == 1 else f"{count} say"


def event_of(correction: Correction) -> ReflectionEvent:
    """Return a correction as an event; its evidence is the thought that was corrected."""
    said = correction.answered or "nothing"
    because = f", because {correction.because}" if correction.because else ""
    cause = f"{correction.by} says {correction.answer}, I said {said}{because}"
    return ReflectionEvent(kind="correction", evidence=(correction.trace,), cause=cause)
