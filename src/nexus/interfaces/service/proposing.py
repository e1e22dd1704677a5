"""Asking for a change: what people corrected becomes a candidate that waits for them."""

from collections.abc import Callable

from nexus.base.errors import InputError
from nexus.base.proposals import Proposal
from nexus.interfaces.boards import TASKS
from nexus.interfaces.service.correcting import listed
from nexus.interfaces.service.runs import find, recipe_of
from nexus.review.gate import Gate


def propose(run: str, task: str, tell: Callable[[str], None]) -> Proposal:
    """Return the proposal that the corrections of a task come to; nothing that thinks changes.

    Raises:
        InputError: there is no such task.
        DataError: there are too few corrections that stand.
        NexusError: see ``suites.consolidating.propose``.
    """
    from nexus.base.device import set_threads
    from nexus.suites.consolidating import propose
    from nexus.suites.thoughts import load
    from nexus.train.consolidation import Consolidation

    if task not in TASKS:
        raise InputError(f"there is no task {task!r}", hint="one of " + ", ".join(TASKS))
    set_threads()
    folder = find(run)
    recipe = recipe_of(folder)
    tell(f"building a candidate for {task} and measuring it beside what thinks (minutes) ...")
    return propose(
        Gate(folder),
        load(folder, recipe, task),
        TASKS[task].puzzle,
        listed(run),
        cycles=recipe.reasoner.think,
        how=Consolidation(seed=recipe.seed),
    )
