"""Sections of the recipe about thinking, and the checks all sections share.

``nexus.config`` joins them to the one config tree; import them from there.
"""

from dataclasses import dataclass
from typing import Literal

from nexus.base.errors import ConfigError


def at_least(owner: str, config: object, least: float, *names: str) -> None:
    """Raise ``ConfigError`` unless each named setting of section ``owner`` is so much or more."""
    for name in names:
        if (value := getattr(config, name)) < least:
            raise ConfigError(f"{owner}.{name} must be at least {least:g}, got {value}")


def divides(owner: str, width: int, heads: int) -> None:
    """Raise ``ConfigError``, with a width that would do, unless ``heads`` share it evenly."""
    if width % heads:
        below = width - width % heads
        raise ConfigError(
            f"{owner}.width={width} does not split into {owner}.heads={heads}",
            hint=f"use width {below or heads} or {below + heads}",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasonConfig:
    """The fast route's reasoner, and the parser that reads questions with its own weights."""

    width: int = 128
    heads: int = 4
    depth: int = 3
    """Layers of its working memory, each of which looks up words, then picture."""
    cycles: int = 1
    """Times a question is thought over. At equal CPU time two cycles of one layer answer fewer
    questions than one cycle of two (.597 and .661 of 2,272, demo's latents)."""
    parser_width: int = 96
    parser_depth: int = 2
    parser_heads: int = 4
    query_symbols: int = 40
    """Longest query, in symbols."""

    def __post_init__(self) -> None:
        at_least("reason", self, 1, "width", "depth", "cycles", "parser_width", "parser_depth")
        divides("reason", self.width, self.heads)


@dataclass(frozen=True, kw_only=True, slots=True)
class SentencesConfig:
    """The parser of sentences: what facts, rules and questions in plain English say."""

    width: int = 112
    heads: int = 4
    read_depth: int = 3
    """Layers that read the words."""
    write_depth: int = 2
    """Layers that write what they say."""
    lessons: int = 80_000
    """Sentences of theories it is taught."""
    planned: int = 30_000
    """Sentences of planning problems it is taught."""
    certain: float = 0.9
    """Least calibrated probability of a reading."""
    heard: int = 2
    """So many words in a row, names aside, must have stood together in a sentence that was taught;
    0 reads sentences of any make."""

    def __post_init__(self) -> None:
        at_least("sentences", self, 0, "heard", "planned")
        at_least("sentences", self, 1, "width", "read_depth", "write_depth", "lessons")
        divides("sentences", self.width, self.heads)
        if not 0.0 <= self.certain <= 1.0:
            raise ConfigError(f"sentences.certain must lie in [0, 1], got {self.certain}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasonerConfig:
    """The reasoner on puzzles: a working memory and an abstract core that think in cycles."""

    width: int = 64
    heads: int = 4
    working_depth: int = 1
    core_depth: int = 1
    fast_steps: int = 1
    """Steps of the working memory in a cycle; the core takes one."""
    cycles: int = 4
    """Cycles in a segment of training; after each it is told what was right."""
    gradient: Literal["step", "cycle", "full"] = "full"
    """Learn through the last step of each, the last cycle, or the whole segment."""
    segments: int = 3
    """Segments a batch is thought about in training, each a step of the optimiser."""
    think: int = 48
    """Cycles a board is thought about when it counts."""
    boards: int = 20000
    """Boards of each puzzle that are trained on, each in ever new guises."""

    def __post_init__(self) -> None:
        at_least("reasoner", self, 1, "width", "working_depth", "core_depth", "fast_steps")
        at_least("reasoner", self, 1, "cycles", "segments", "think", "boards")
        divides("reasoner", self.width, self.heads)
