"""``nexus evaluate`` and ``nexus bench``: numbers, beside what a trivial baseline reaches."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from nexus.interfaces.cli.options import Json, RunName, UsageError
from nexus.interfaces.cli.output import print_json, print_results


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluate:
    """Measure what a run knows, on scenes it never saw; what is not trained yet is trained first.

    For example:
        nexus evaluate --suite perception
        nexus evaluate --suite questions --run demo --json
        nexus evaluate --suite perception --recipe tiny --seeds 3
        nexus evaluate --suite logic --json
    """

    suite: Literal["perception", "questions", "reasoner", "logic"]
    """What to measure."""
    run_name: RunName = ""
    recipe: Annotated[str, tyro.conf.arg(metavar="NAME")] = ""
    """Take the newest run of this recipe; train it if there is none."""
    seeds: int = 1
    """Train and measure so many runs of the recipe, and print the worst one's figures."""
    data: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Find and tell apart the captions of this data set's own pictures (`nexus data make`)."""
    json: Json = False

    def run(self) -> int:
        """Measure and print."""
        if self.data and self.suite != "perception":
            raise UsageError("--data goes with --suite perception")
        if self.seeds < 1 or (self.seeds > 1 and (self.data or self.run_name)):
            raise UsageError("--seeds is at least 1, and goes with neither --run nor --data")
        from nexus.interfaces.cli.progress import shown
        from nexus.interfaces.service.measuring import evaluate, evaluate_seeds

        with shown() as progress:
            if self.seeds > 1:
                result = evaluate_seeds(
                    self.suite, recipe=self.recipe, seeds=self.seeds, progress=progress
                )
            else:
                result = evaluate(
                    self.suite,
                    run=self.run_name,
                    recipe=self.recipe,
                    data=self.data,
                    progress=progress,
                )
        if self.json:
            print_json(result)
        else:
            print_results({self.suite: result})
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """Measure speed on this machine, or what each part of training is worth.

    For example:
        nexus bench data
        nexus bench step
        nexus bench lite --json
        nexus bench collapse --steps 80
        nexus bench ablation --seconds 120 --seeds 3 --json
        nexus bench reason --json
        nexus bench recursion --task khop --seconds 600 --seeds 3 --json
        nexus bench drift --json
        nexus bench corrections --json
        nexus bench closure --json
    """

    what: tyro.conf.Positional[
        Literal[
            "data",
            "step",
            "lite",
            "reason",
            "collapse",
            "ablation",
            "recursion",
            "drift",
            "corrections",
            "closure",
        ]
    ]
    """data: scenes a CPU second. step: a step of masked prediction against a plain I-JEPA's. lite:
    what a step asks of a GPU, counted. reason: how long an answer, a reflection and a checkpoint
    take. collapse: SIGReg's weight, batch and rate against rank. ablation: every objective left out
    in turn, at equal CPU time. recursion: the reasoner and its rivals on a puzzle, likewise. drift:
    a rule of the world changes, and is noticed, learned and proposed. corrections: a person says
    what is right now, and errs now and then. closure: who is whose ancestor, with a reason for
    every pair, beside clingo without."""
    recipe: Annotated[str, tyro.conf.arg(metavar="NAME")] = ""
    """What is measured or varied: tiny for step, recursion, drift and corrections, lite for lite
    and reason, demo for the rest, if not given."""
    task: Literal["sudoku6", "khop", "maze"] = "sudoku6"
    """The puzzle of recursion."""
    steps: int = 80
    """Steps of each run of collapse."""
    seconds: float = 120.0
    """CPU seconds of each run of ablation or recursion."""
    seeds: int = 3
    """Runs of each variant of ablation, each contender of recursion; streams of drift and
    corrections."""
    json: Json = False

    def run(self) -> int:
        """Measure and print."""
        from nexus.interfaces.cli.progress import shown
        from nexus.interfaces.service import measuring

        if min(self.steps, self.seeds, self.seconds) <= 0:
            raise UsageError("--steps, --seeds and --seconds must be above 0")
        with shown() as progress:
            match self.what:
                case "data":
                    result = measuring.bench_data()
                case "step":
                    result = measuring.bench_step(self.recipe or "tiny")
                case "lite":
                    result = measuring.bench_lite(self.recipe or "lite")
                case "reason":
                    result = measuring.bench_reason(self.recipe or "lite")
                case "recursion":
                    result = measuring.bench_recursion(
                        self.recipe or "tiny", self.task, self.seconds, self.seeds, progress
                    )
                case "drift":
                    result = measuring.bench_drift(self.recipe or "tiny", self.seeds, progress)
                case "corrections":
                    recipe = self.recipe or "tiny"
                    result = measuring.bench_corrections(recipe, self.seeds, progress)
                case "closure":
                    result = measuring.bench_closure()
                case "collapse":
                    result = measuring.bench_collapse(self.recipe or "demo", self.steps, progress)
                case "ablation":
                    result = measuring.bench_ablation(
                        self.recipe or "demo", self.seconds, self.seeds, progress
                    )
        if self.json:
            print_json(result)
        else:
            print_results({self.what: result})
        return 0
