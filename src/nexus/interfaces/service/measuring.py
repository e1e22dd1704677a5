"""Suites and benchmarks on request; a run that is missing is trained first."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from nexus.config import Recipe, overlay
from nexus.config import recipe as recipe_named
from nexus.interfaces.service import runs
from nexus.interfaces.service.training import (
    Half,
    parser_into,
    parser_trained,
    reasoner_into,
    train_into,
    trained,
)

if TYPE_CHECKING:
    from nexus.suites.recursion import Task
    from nexus.train.phase import Progress

Suite: TypeAlias = Literal["perception", "questions", "reasoner", "logic"]

_NEEDS: Final[Mapping[Suite, tuple[Half, ...]]] = {
    "perception": ("perception",),
    "questions": ("perception", "questions"),
    "reasoner": (),
    "logic": (),
}


def evaluate(
    suite: Suite,
    *,
    run: str = "",
    recipe: str = "",
    data: Path | None = None,
    progress: "Progress | None" = None,
) -> Mapping[str, Any]:
    """Return what ``suite`` measures on a run, in the form every suite prints.

    The run is the named one, else the newest of ``recipe``, else the newest of all, else a new one
    of recipe ``tiny``. What is not trained yet is trained first. With ``data``, perception is
    measured on the pictures of that data set.
    """
    folder = _run(run, recipe)
    made_from = runs.recipe_of(folder) if (folder / "recipe.toml").exists() else None
    made_from = made_from or recipe_named(recipe or "tiny")
    for half in _NEEDS[suite]:
        if not trained(folder, half):
            train_into(made_from, folder, half, progress=progress)
    _more(suite, made_from, folder, progress)
    return measure(suite, folder, data)


def _more(suite: Suite, recipe: Recipe, folder: Path, progress: "Progress | None") -> None:
    """Train what a suite needs beside the two halves."""
    if suite == "reasoner":
        _puzzles(recipe, folder, progress)
    if suite == "logic" and not parser_trained(folder):
        parser_into(recipe, folder, progress=progress)


def _puzzles(recipe: Recipe, folder: Path, progress: "Progress | None") -> None:
    """Train the reasoner on every puzzle it is not trained on yet, and its rival."""
    from nexus.suites.rival_khop import rival_khop
    from nexus.worlds.puzzles import NAMES

    for task in NAMES:
        reasoner_into(recipe, folder, task, progress=progress)
    rival_khop(recipe, folder, progress)


def evaluate_seeds(
    suite: Suite, *, recipe: str, seeds: int, progress: "Progress | None" = None
) -> Mapping[str, Any]:
    """Return each figure of the worst of several runs, which differ in nothing but their seed.

    Run k is called ``<recipe>-seed<k>``, but the first is the recipe's own.
    """
    from nexus.suites.results import worst

    found: list[Mapping[str, Any]] = []
    for seed in range(seeds):
        made_from = overlay(recipe_named(recipe or "tiny"), {"seed": seed})
        folder = runs.RUNS / f"{made_from.name}-seed{seed}"
        if not seed and not (folder / "run.json").exists():
            folder = runs.find_or_name("", made_from)
        for half in _NEEDS[suite]:
            train_into(made_from, folder, half, progress=progress)
        _more(suite, made_from, folder, progress)
        found.append(measure(suite, folder))
    return worst(found)


def _run(run: str, recipe: str) -> Path:
    if recipe:
        return runs.find_or_name(run, recipe_named(recipe))
    if run or any(runs.RUNS.glob("*/run.json")):
        return runs.find(run)
    return runs.RUNS / "tiny"


def measure(suite: Suite, folder: Path, data: Path | None = None) -> Mapping[str, Any]:
    """Return what ``suite`` measures on a trained run."""
    from nexus.base.device import set_threads
    from nexus.suites import made, perception, questions, reasoner
    from nexus.system import Senses, System

    set_threads()
    if data is not None:
        return made.evaluate(Senses.load(folder), folder, data)
    if suite == "perception":
        return perception.evaluate(Senses.load(folder), folder)
    if suite == "reasoner":
        return reasoner.evaluate(folder, runs.recipe_of(folder))
    if suite == "logic":
        from nexus.interfaces.service.proving import parser_of
        from nexus.suites import logic

        return logic.evaluate(parser_of(folder), runs.recipe_of(folder), folder)
    return questions.evaluate(System.load(folder), folder)


def bench_data() -> Mapping[str, Any]:
    """Return how many scenes with captions and questions one CPU second makes."""
    from nexus.suites.bench_data import bench_data

    return bench_data()


def bench_closure() -> Mapping[str, Any]:
    """Return by how much a closure with reasons is derived faster than clingo does without."""
    from nexus.suites.bench_closure import bench_closure

    return bench_closure()


def bench_step(recipe: str) -> Mapping[str, Any]:
    """Return by how much a step of masked prediction is faster than a plain I-JEPA's."""
    from nexus.base.device import set_threads
    from nexus.suites.bench_step import bench_step

    set_threads()
    return bench_step(recipe_named(recipe))


def bench_lite(recipe: str) -> Mapping[str, Any]:
    """Return what a step of perception costs, and what a GPU is predicted to take for it."""
    from nexus.suites.bench_lite import bench_lite

    return bench_lite(recipe_named(recipe))


def bench_reason(recipe: str) -> Mapping[str, Any]:
    """Return how long an answer, a step of reflection and a checkpoint take."""
    from nexus.base.device import set_threads
    from nexus.store.files import make_folder
    from nexus.suites.bench_reason import bench_reason

    set_threads()
    make_folder(runs.RUNS)
    return bench_reason(recipe_named(recipe), runs.RUNS)


def bench_recursion(
    recipe: str, task: "Task", cpu_s: float, seeds: int, progress: "Progress"
) -> Mapping[str, Any]:
    """Return how many puzzles the reasoner and its rivals solve after equal CPU time."""
    from nexus.base.device import set_threads
    from nexus.suites.recursion import bench_recursion

    set_threads()
    made_from, folder = recipe_named(recipe), runs.RUNS / "puzzles"
    return bench_recursion(
        made_from, folder, task=task, cpu_s=cpu_s, seeds=seeds, progress=progress
    )


def bench_drift(recipe: str, seeds: int, progress: "Progress") -> Mapping[str, Any]:
    """Return how soon a changed rule is noticed, and what a candidate has learned of it.

    The core is that of the newest run of ``recipe``; it is trained first if need be.
    """
    from nexus.base.device import set_threads
    from nexus.suites import results
    from nexus.suites.bench_drift import bench_drift
    from nexus.suites.harms import harm_figures

    made_from = recipe_named(recipe)
    folder = runs.find_or_name("", made_from)
    reasoner_into(made_from, folder, "khop", progress=progress)
    set_threads()
    found = bench_drift(made_from, folder, seeds=seeds, progress=progress, harms=harm_figures)
    results.store(folder, found)
    return found


def bench_corrections(recipe: str, seeds: int, progress: "Progress") -> Mapping[str, Any]:
    """Return what comes of a person's corrections, some of them wrong.

    The core is that of the newest run of ``recipe``; it is trained first if need be.
    """
    from nexus.base.device import set_threads
    from nexus.suites import results
    from nexus.suites.bench_corrections import bench_corrections

    made_from = recipe_named(recipe)
    folder = runs.find_or_name("", made_from)
    reasoner_into(made_from, folder, "khop", progress=progress)
    set_threads()
    found = bench_corrections(made_from, folder, seeds=seeds, progress=progress)
    results.store(folder, found)
    return found


def bench_collapse(recipe: str, steps: int, progress: "Progress") -> Mapping[str, Any]:
    """Return which weights of SIGReg keep prediction alone from collapsing."""
    from nexus.base.device import set_threads
    from nexus.suites.collapse import bench_collapse

    set_threads()
    return bench_collapse(_quick(recipe), steps=steps, progress=progress)


def bench_ablation(
    recipe: str, cpu_s: float, seeds: int, progress: "Progress"
) -> Mapping[str, Any]:
    """Return what perception knows with each objective left out in turn."""
    from nexus.base.device import set_threads
    from nexus.suites.ablation import bench_ablation

    set_threads()
    return bench_ablation(_quick(recipe), cpu_s=cpu_s, seeds=seeds, progress=progress)


def _quick(name: str) -> Recipe:
    """Return a recipe measured on few scenes: many runs are compared."""
    return overlay(recipe_named(name), {"evaluate": {"scenes": 512, "probe_scenes": 1024}})
