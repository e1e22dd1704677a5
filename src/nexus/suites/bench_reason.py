"""Bench "reason": how long an answer, a reflection, a checkpoint and a way back take.

On modules of the recipe's sizes without training (see ``untrained``): what they compute takes as
long whatever their weights are. Times are of the wall, in turns, their medians; a part's share is
of calls under Python's profiler, which lie between the timed ones and cost Python-heavy parts most.
"""

import cProfile
import inspect
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar

import numpy as np
import torch

from nexus.base.records import Decision
from nexus.config import Recipe
from nexus.decide.answer import decide
from nexus.logic.engines.query import solve
from nexus.logic.hypothetical import apply
from nexus.nn.seeding import stream
from nexus.nn.weights import load_module, module_bytes, to_bytes
from nexus.reason import disagreement, familiarity
from nexus.reason.disagreement import Doubt
from nexus.reason.familiarity import LEAST_HELD_OUT, Familiarity
from nexus.reason.fast import FastReasoner, first_impression
from nexus.reason.grounding import Grounding
from nexus.reason.parser import Parser
from nexus.reason.reflection import Reflection
from nexus.remember.memory import TestTimeMemory
from nexus.review.ledger import fold
from nexus.store.files import write_atomically, write_folder
from nexus.store.objects import Objects, sha256
from nexus.suites import briefly, results
from nexus.suites.gated import gated
from nexus.suites.results import Figure
from nexus.suites.rivals import parameters
from nexus.suites.taking_back import TakingBack
from nexus.suites.untrained import Knowing
from nexus.system import Senses, System
from nexus.train.checkpoint import Checkpoints, State
from nexus.train.perception import PerceptionPhase
from nexus.verify.check import check

ResultT = TypeVar("ResultT")
ROUNDS: Final = 40
"""Answers and steps of reflection that are timed."""
SAVES: Final = 5
"""Checkpoints that are timed."""
WARMUP: Final = 3
CORE: Final = "fast"
"""The artefact that is changed and changed back."""
ANSWER: Final[Mapping[str, Sequence[Callable[..., Any]]]] = {
    "encode": (Senses.encode,),
    "recall": (TestTimeMemory.recall_and_write,),
    "parse": (Parser.parse_batch,),
    "imagine": (System.imagine,),
    "reason": (first_impression, FastReasoner.reason),
    "ground": (Grounding.read,),
    "prove": (solve, apply),
    "check": (check,),
    "decide": (decide,),
}
"""Part of an answer -> the functions it consists of; what is left is ``rest``."""
REFLECTION: Final[Mapping[str, Sequence[Callable[..., Any]]]] = {
    "disagreement": (disagreement.divergence, Doubt.probability),
    "familiarity": (Familiarity.score,),
    "observe": (Reflection.observe,),
}
CHECKPOINT: Final[Mapping[str, Sequence[Callable[..., Any]]]] = {
    "serialise": (to_bytes,),
    "hash": (sha256,),
    "write": (write_folder,),
}
"""``write`` includes fsync."""
ROLLBACK: Final[Mapping[str, Sequence[Callable[..., Any]]]] = {
    "verify": (fold,),
    "objects": (Objects.get,),
    "pointer": (write_atomically,),
    "load": (load_module,),
}
"""``verify`` reads the whole ledger, each time it is needed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """What calls of one kind took, and where the time went."""

    parts: Mapping[str, Sequence[Callable[..., Any]]]
    wall: list[float] = field(default_factory=list[float])
    cpu: list[float] = field(default_factory=list[float])
    shares: list[Mapping[str, float]] = field(default_factory=list[Mapping[str, float]])

    def take(
        self, call: Callable[[], ResultT], *, before: Callable[[], object] = lambda: None
    ) -> ResultT:
        """Time one call, profile another, and return what the first returned.

        ``before`` is called before each, and not timed.
        """
        before()
        began, cpu = time.perf_counter(), time.process_time()
        returned = call()
        self.wall.append(time.perf_counter() - began)
        self.cpu.append(time.process_time() - cpu)
        before()
        self.shares.append(self._profiled(call))
        return returned

    def _profiled(self, call: Callable[[], object]) -> Mapping[str, float]:
        """Return each part's share of one call."""
        profiler, began = cProfile.Profile(builtins=False), time.perf_counter()
        profiler.runcall(call)
        whole = time.perf_counter() - began
        spent = {entry.code: entry.totaltime for entry in profiler.getstats()}
        share = {
            name: sum(spent.get(inspect.unwrap(f).__code__, 0.0) for f in functions) / whole
            for name, functions in self.parts.items()
        }
        return {**share, "rest": 1 - sum(share.values())}

    def figures(self, name: str, *, unit: float) -> dict[str, Figure]:
        """Return the median time with its 5 % and 95 % quantiles, and each part's mean share."""
        low, middle, high = (np.quantile(self.wall, [0.05, 0.5, 0.95]) * unit).tolist()
        found = {name: Figure(value=middle, low=low, high=high, n=len(self.wall))}
        for part in self.shares[0]:
            mean = float(np.mean([share[part] for share in self.shares]))
            found[f"part/{name.rpartition('_')[0]}/{part}"] = Figure(value=mean, n=len(self.shares))
        return found


def bench_reason(
    recipe: Recipe, folder: Path, *, rounds: int = ROUNDS, saves: int = SAVES
) -> dict[str, Any]:
    """Return the milliseconds of an answer and a reflection, the seconds of saving and going back.

    What is written while they are timed is in ``folder`` for that long: its disk is the one timed.
    """
    began = time.process_time()
    with ExitStack() as stack:
        home = stack.enter_context(TemporaryDirectory(prefix="bench-reason-", dir=folder))
        knowing = Knowing(recipe, Path(home), questions=rounds)
        reflect = Reflecting(recipe, knowing.system.reflection)
        save = Saving(recipe, Path(home))
        core = knowing.system.fast
        own = stack.enter_context(gated(recipe, CORE, module_bytes(core), within=Path(home)))
        back = TakingBack(own, CORE, core)

        def timed(rounds: int, saves: int) -> Mapping[str, Watch]:
            answer, reflection, saving = (Watch(parts=p) for p in (ANSWER, REFLECTION, CHECKPOINT))
            rollback = Watch(parts=ROLLBACK)
            for turn in range(rounds):
                one = knowing.ask(turn)
                decision = answer.take(partial(knowing.answer, one))
                reflection.take(partial(reflect, decision, one.question.text))
                if turn * saves // rounds != (turn - 1) * saves // rounds:
                    saving.take(save)
                    rollback.take(back, before=back.apply)
            return {
                "answer_ms": answer,
                "reflection_ms": reflection,
                "checkpoint_save_s": saving,
                "rollback_s": rollback,
            }

        timed(WARMUP, 1)
        watches = timed(rounds, saves)
    figures: dict[str, Figure] = {}
    for name, watch in watches.items():
        figures |= watch.figures(name, unit=1.0 if name.endswith("_s") else 1e3)
    return results.result(
        "reason",
        figures,
        recipe,
        cpu_s=time.process_time() - began,
        cpu_median_s={name: float(np.median(w.cpu)) for name, w in watches.items()},
        threads=torch.get_num_threads(),
        shapes=shapes(recipe, reflect.familiar),
        parameters_millions=sizes(knowing.system, save.phase),
        checkpoint_bytes=save.bytes,
    )


class Reflecting:
    """One step of reflection: how far the routes are apart, how strange the picture is, the log."""

    def __init__(self, recipe: Recipe, reflection: Reflection) -> None:
        self.reflection, joint = reflection, recipe.encode.joint
        known, new = recipe.train.cached, max(LEAST_HELD_OUT, recipe.train.held_out)
        drawn = torch.randn(known + new, joint, generator=stream(recipe.seed, "bench reason"))
        self.familiar = familiarity.fit(drawn[:known], drawn[known:])
        self.latent, self.doubt = drawn[:1], Doubt(bias=0.0, weight=1.0)

    def __call__(self, decision: Decision, question: str) -> None:
        """Reflect on one decision."""
        fast, slow = (torch.tensor([r.confidence]) for r in (decision.fast, decision.slow))
        # Two answers, that of the route and any other.
        both = [torch.stack([p, 1 - p], -1) for p in (fast, slow)]
        self.doubt.probability(disagreement.divergence(*both))
        self.familiar.score(self.latent)
        decision = replace(decision, trace=secrets.token_hex(6))  # a thought is logged once
        self.reflection.observe(decision, task="tabletop", question=question, source="bench")


class Saving:
    """Saves the perception phase whole: weights, slow encoder, optimiser; as training does."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        self.phase = briefly.phase(recipe, briefly.words(recipe))
        self.optimizer = self.phase.optimizer()
        for parameter in self.phase.module.parameters():
            if parameter.requires_grad:
                parameter.grad = torch.zeros_like(parameter)
        self.optimizer.step()  # an optimiser has no state before its first step
        self.optimizer.zero_grad()
        self.checkpoints, self.step, self.bytes = Checkpoints(folder / "checkpoints"), 0, 0

    def __call__(self) -> None:
        """Save one step's checkpoint; those before the last are pruned as in training."""
        self.step += 1
        path = self.checkpoints.save(
            self.phase,
            self.optimizer,
            State(step=self.step),
            regular=True,
            metric=-float(self.step),
            world=1,
        )
        self.bytes = sum(file.stat().st_size for file in path.iterdir())


def shapes(recipe: Recipe, known: Familiarity) -> Mapping[str, Any]:
    """Return the sizes of what is timed."""
    side = recipe.world.side
    return {
        "picture": [side, side, 3],
        "patches": (side // recipe.encode.vision.patch) ** 2,
        "vision": asdict(recipe.encode.vision),
        "text": asdict(recipe.encode.text),
        "joint": recipe.encode.joint,
        "reason": asdict(recipe.reason),
        "familiar_latents": list(known.bank.shape),
    }


def sizes(system: System, phase: PerceptionPhase) -> Mapping[str, float]:
    """Return the millions of parameters of each stage, and of what a checkpoint trains."""
    stages = {
        "encoder": system.senses.encoder,
        "asker": system.senses.asker,
        "fast": system.fast,
        "grounding": system.grounding,
        "parser": system.parser.network,
        "dynamics": system.dynamics,
    }
    counted = {name: sum(p.numel() for p in stage.parameters()) for name, stage in stages.items()}
    counted["perception"] = parameters(phase.module)
    return {name: count / 1e6 for name, count in counted.items()}
