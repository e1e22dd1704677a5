"""NEXUS on one screen: what is seen is encoded, remembered, reasoned about twice, checked, decided.

READ THIS FIRST. ``System.think_all`` is the whole of it; every stage it names is a package of its
own. Two routes answer and check each other: *fast* reads latents and says; *slow* parses the words,
reads facts from the latents, proves, and has the proof checked. They share the latents and nothing
after them. Agreement is an answer with its proof; anything else is an honest "I am not sure".
"""

import json
import secrets
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from nexus.base.errors import CheckpointError, InputError
from nexus.base.records import Certificate, Decision, Facts, Observation, Route, Verdict
from nexus.config import Recipe, overlay
from nexus.decide.answer import Calibration, Routes, Thresholds, decide
from nexus.encode.joint import Encoder
from nexus.logic.engines.query import Unproved, solve
from nexus.logic.hypothetical import apply
from nexus.logic.language import Vocabulary
from nexus.nn.finite import check_finite
from nexus.nn.records import Latents, Thought
from nexus.nn.thinking import load_to_think
from nexus.predict.ask import AskPredictor
from nexus.predict.dynamics import LatentDynamics
from nexus.reason.fast import FastReasoner, first_impression, step_symbols
from nexus.reason.grounding import Grounding
from nexus.reason.parser import Parser, Reading
from nexus.reason.reflection import Reflection
from nexus.remember.memory import MemoryState, TestTimeMemory
from nexus.review.approved import Approved
from nexus.store.runs import Run
from nexus.train.dynamics import action_ids
from nexus.train.parts import Parts
from nexus.verify.check import check
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.looks import ANSWER_AT
from nexus.worlds.tokenizer import Tokenizer

ModuleT = TypeVar("ModuleT", bound=torch.nn.Module)


@dataclass(frozen=True, kw_only=True, slots=True)
class Senses:
    """What perception alone can do: see, read, and say what a small query asks of a picture."""

    recipe: Recipe
    world: Tabletop
    tokenizer: Tokenizer
    encoder: Encoder
    asker: AskPredictor
    memory: TestTimeMemory

    @classmethod
    def fresh(cls, parts: Parts, tokenizer: Tokenizer) -> "Senses":
        """Return the senses a recipe describes, untrained."""
        return cls(
            recipe=parts.recipe,
            world=parts.world,
            tokenizer=tokenizer,
            encoder=_still(parts.encoder()),
            asker=_still(parts.asker()),
            memory=_still(parts.memory()),
        )

    @classmethod
    def load(cls, folder: Path) -> "Senses":
        """Return the trained senses of a run.

        Raises:
            CheckpointError: perception is not trained there, or a file is damaged.
        """
        approved, parts, tokenizer = _opened(folder)
        senses = cls.fresh(parts, tokenizer)
        for name in ("encoder", "asker", "memory"):
            _fill(getattr(senses, name), approved, name)
        return senses

    @torch.no_grad()
    def encode(self, seen: Sequence[Observation], questions: Sequence[str]) -> Latents:
        """Return the latents of pictures beside the questions about them.

        Raises:
            InputError: a picture has not the side this run was trained with.
        """
        side = self.recipe.world.side
        for observation in seen:
            if observation.image.shape[:2] != (side, side):
                height, width = observation.image.shape[:2]
                raise InputError(
                    f"the picture {observation.source} is {width} x {height} pixels",
                    hint=f"this run sees {side} x {side}; `nexus ask` fits files to that",
                )
        images = torch.from_numpy(np.stack([observation.image for observation in seen]))
        tokens, pooled = self.encoder.picture(images)
        ids, padding = self.tokenizer.encode_batch(questions, self.recipe.encode.text.words)
        return Latents(
            tokens=tokens,
            pooled=pooled,
            question=self.encoder.words(torch.from_numpy(ids), torch.from_numpy(padding)),
            recalled=torch.zeros_like(pooled),
            surprise=torch.zeros(len(pooled)),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class System:
    """Every trained stage of one run, joined."""

    senses: Senses
    memory: TestTimeMemory
    parser: Parser
    dynamics: LatentDynamics
    fast: FastReasoner
    grounding: Grounding
    calibration: Calibration
    reflection: Reflection

    @property
    def recipe(self) -> Recipe:
        """What the run was made from."""
        return self.senses.recipe

    @property
    def world(self) -> Tabletop:
        """What it was trained on."""
        return self.senses.world

    @classmethod
    def fresh(
        cls, parts: Parts, senses: Senses, *, calibration: Calibration, reflection: Reflection
    ) -> "System":
        """Return the system a recipe describes around these senses, all else untrained."""
        return cls(
            senses=senses,
            memory=senses.memory,
            parser=Parser(_still(parts.parser()), senses.world.words()),
            dynamics=_still(parts.dynamics()),
            fast=_still(parts.fast()),
            grounding=_still(parts.grounding()),
            calibration=calibration,
            reflection=reflection,
        )

    @classmethod
    def load(cls, folder: Path) -> "System":
        """Return the system a run may think with: the artefacts of its manifest, hashes checked.

        Raises:
            CheckpointError: something is not trained there, or a file is damaged.
        """
        senses = Senses.load(folder)
        approved, parts, _ = _opened(folder)
        core = approved.artefacts["fast"].sha256 if "fast" in approved.artefacts else ""
        reflection = Reflection(folder / "logs", core=core)
        system = cls.fresh(parts, senses, calibration=_calibration(approved), reflection=reflection)
        for name in ("dynamics", "fast", "grounding"):
            _fill(getattr(system, name), approved, name)
        _fill(system.parser.network, approved, "parser")
        return system

    def think(
        self, seen: Observation, question: str, memory: MemoryState
    ) -> tuple[Decision, MemoryState]:
        """Return the decision on one question about one picture, and the memory after it."""
        (decision,), memory = self.think_all([seen], [question], memory)
        self.reflection.observe(
            decision, task=self.world.name, question=question, source=seen.source
        )
        return decision, memory  # contradictions become events, never edits

    @torch.no_grad()
    def think_all(
        self, seen: Sequence[Observation], questions: Sequence[str], memory: MemoryState
    ) -> tuple[list[Decision], MemoryState]:
        """Return a decision for each question about its picture; rows do not see each other.

        Raises:
            ThoughtError: a latent or an answer is not finite.
        """
        latents = self.senses.encode(seen, questions)
        latents, memory = self.memory.recall_and_write(latents, memory)
        check_finite("seeing", latents=latents.tokens, surprise=latents.surprise)
        readings = self.parser.parse_batch(questions)  # slow route: what is asked ...
        now = self.grounding.read(latents.tokens)
        latents = self.imagine(latents, readings)  # "what if" looks at an imagined future
        impression = first_impression(
            self.senses.asker, latents.tokens, latents.question.pooled, ANSWER_AT
        )
        thought = self.fast.reason(latents, impression)  # fast route, with its explanation
        check_finite("thinking", imagined=latents.tokens, answer=thought.answer)
        facts = self.grounding.read(latents.tokens)  # ... what is seen ...
        decisions = [
            self.conclude(thought, row, reading, facts[row], now[row], float(latents.surprise[row]))
            for row, reading in enumerate(readings)
        ]
        return decisions, memory

    def conclude(
        self,
        thought: Thought,
        row: int,
        reading: Reading,
        facts: Facts,
        now: Facts,
        surprise: float,
    ) -> Decision:
        """Return one row's decision: prove, check the proof, weigh it against the fast answer."""
        vocabulary, verdict = self.world.vocabulary, Verdict(valid=False, reason="no proof")
        if reading.goal is None:
            proof = Unproved(reason=reading.reason, cause="unparsed")
        else:
            proof = solve(reading.goal, facts, vocabulary)  # ... what follows ...
            if reading.hypothetical:
                proof = agreeing(proof, foreseen(reading, now, vocabulary))
            if not isinstance(proof, Unproved):
                verdict = check(proof, reading.goal, facts, vocabulary)  # ... and is that so?
        fast = Route(
            answer=self.world.answers[int(thought.answer[row].argmax())],
            confidence=float(thought.confidence[row]),
            rests_on="latents alone, unproved",
        )
        return decide(
            Routes(
                fast=fast,
                steps=step_symbols(thought, row, vocabulary.symbols),
                proof=proof,
                verdict=verdict,
                surprise=surprise,
                imagined=reading.hypothetical,
                query="" if reading.query is None else str(reading.query),
            ),
            Thresholds(
                surprise=self.recipe.decide.surprise, confidence=self.recipe.decide.confidence
            ),
            self.calibration,
            trace=secrets.token_hex(6),
        )

    def imagine(self, latents: Latents, readings: Sequence[Reading]) -> Latents:
        """Return the latents with each supposed action carried out in imagination, one by one."""
        tokens = latents.tokens
        for depth in range(max((len(reading.actions) for reading in readings), default=0)):
            rows = [i for i, reading in enumerate(readings) if len(reading.actions) > depth]
            actions = action_ids([readings[i].actions[depth] for i in rows], self.world.vocabulary)
            tokens = tokens.index_copy(
                0, torch.tensor(rows), self.dynamics.imagine(tokens[rows], [actions]).last
            )
        return replace(latents, tokens=tokens)


def foreseen(reading: Reading, now: Facts, vocabulary: Vocabulary) -> Certificate | Unproved:
    """Return what must follow if the supposed actions do to the present facts what they say."""
    for action in reading.actions:
        after = apply(action, now, vocabulary)
        if isinstance(after, Unproved):
            return after
        now = after
    assert reading.goal is not None, "a reading with actions has a goal"
    return solve(reading.goal, now, vocabulary)


def agreeing(
    imagined: Certificate | Unproved, foreseen: Certificate | Unproved
) -> Certificate | Unproved:
    """Return the proof about the imagined future, unless what must follow says otherwise."""
    if isinstance(imagined, Unproved):
        return imagined
    if isinstance(foreseen, Unproved):
        return foreseen
    if imagined.answer != foreseen.answer:
        return Unproved(
            reason=f"I imagine {imagined.answer}, but {foreseen.answer} follows from what I see now"
        )
    return imagined


def _opened(folder: Path) -> tuple[Approved, Parts, Tokenizer]:
    """Return what may think in a run, the modules its recipe describes, and its tokenizer."""
    approved = Approved.open(folder)
    recipe = overlay(Recipe(), tomllib.loads(Run.open(folder).recipe))
    tokenizer = Tokenizer(approved.artefact("tokenizer").decode())
    return approved, Parts(recipe=recipe, world=Tabletop(), vocabulary=tokenizer.size), tokenizer


def _fill(module: torch.nn.Module, approved: Approved, name: str) -> None:
    load_to_think(module, approved.artefact(name), source=f"{name} of {approved.folder}")


def _still(module: ModuleT) -> ModuleT:
    """Return the module, that it may think and not learn."""
    return module.eval().requires_grad_(False)


def _calibration(approved: Approved) -> Calibration:
    """Return the run's calibration; before it is measured, each route is taken at its word."""
    if "calibration" not in approved.artefacts:
        return Calibration()
    data = approved.artefact("calibration")
    try:
        fitted = json.loads(data)
        lone = float(fitted.pop("lone_proof", Calibration().lone_proof))
        maps = {name: tuple(values) for name, values in fitted.items()}
        return Calibration(**maps, lone_proof=lone)
    except (ValueError, TypeError) as error:
        raise CheckpointError(
            f"the calibration is not readable: {error}", hint="run `nexus train questions` again"
        ) from None
