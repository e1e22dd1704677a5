"""The one config tree: frozen dataclasses, read from a TOML recipe, changed by typed overrides.

A recipe is data. ``recipe("tiny")`` reads ``recipes/tiny.toml`` over the defaults below; the hash
of the resolved tree is saved with every run, so two runs of one hash did the same work.
"""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Literal

from nexus.base.errors import ConfigError
from nexus.base.overlay import overlay
from nexus.base.proposals import Policy
from nexus.base.settings import (
    ReasonConfig,
    ReasonerConfig,
    SentencesConfig,
    at_least,
    divides,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorldConfig:
    """What is looked at and talked about."""

    name: str = "tabletop"
    """Entry point of group ``nexus.worlds``."""
    side: int = 64
    """Picture side in pixels."""
    vocabulary: int = 640
    """Size of the byte-pair vocabulary."""

    def __post_init__(self) -> None:
        at_least("world", self, 16, "side")
        if self.side > 224:
            raise ConfigError(f"world.side must be at most 224, got {self.side}")


@dataclass(frozen=True, kw_only=True, slots=True)
class VisionConfig:
    """Vision transformer over patches (arXiv:2010.11929), with a wide overlapping stem."""

    width: int = 128
    depth: int = 2
    heads: int = 4
    patch: int = 8
    """Distance between patches, in pixels."""
    window: int = 16
    """Side of the square each patch sees; ``window == patch`` is the plain ViT."""
    stem: int = 512
    """Hidden units of the patch stem."""

    def __post_init__(self) -> None:
        at_least("encode.vision", self, 1, "width", "depth", "heads", "patch", "window", "stem")
        divides("encode.vision", self.width, self.heads)
        if self.window < self.patch or (self.window - self.patch) % 2:
            raise ConfigError(
                f"encode.vision.window={self.window} must be encode.vision.patch={self.patch} "
                "plus an even number",
                hint=f"use {self.patch} or {2 * self.patch}",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class TextConfig:
    """Text transformer, bidirectional."""

    width: int = 128
    depth: int = 2
    heads: int = 4
    words: int = 96
    """Longest text, in tokens; longer captions are cut, longer questions refused."""

    def __post_init__(self) -> None:
        at_least("encode.text", self, 1, "width", "depth", "heads", "words")
        divides("encode.text", self.width, self.heads)


@dataclass(frozen=True, kw_only=True, slots=True)
class EncodeConfig:
    """Pictures and texts to latents of one joint space."""

    vision: VisionConfig = field(default_factory=VisionConfig)
    text: TextConfig = field(default_factory=TextConfig)
    joint: int = 128
    """Width of the joint space."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MaskConfig:
    """Which patches and words are hidden, and how much of them."""

    image: Literal["random", "block", "causal"] = "block"
    text: Literal["random", "block", "causal"] = "random"
    image_context: int = 24
    """Patches the context keeps."""
    image_targets: int = 16
    """Patches predicted."""
    text_hidden: float = 0.3
    """Share of words predicted."""

    def __post_init__(self) -> None:
        at_least("predict.mask", self, 1, "image_context", "image_targets")
        if not 0 < (hidden := self.text_hidden) < 1:
            raise ConfigError(f"predict.mask.text_hidden must lie in (0, 1), got {hidden}")


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictConfig:
    """Predictors: of hidden latents, of answers asked for, of what an action changes."""

    width: int = 96
    depth: int = 1
    heads: int = 4
    ask_depth: int = 2
    """Cross-attention blocks from a query to the picture."""
    dynamics_depth: int = 2
    ema_start: float = 0.99
    ema_end: float = 0.999
    mask: MaskConfig = field(default_factory=MaskConfig)

    def __post_init__(self) -> None:
        at_least("predict", self, 1, "width", "depth", "heads", "ask_depth", "dynamics_depth")
        divides("predict", self.width, self.heads)
        for name in ("ema_start", "ema_end"):
            if not 0.0 <= (value := getattr(self, name)) <= 1.0:
                raise ConfigError(f"predict.{name} must lie in [0, 1], got {value}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectiveConfig:
    """Weight of each term of the perception loss; 0 switches a term off and saves its time."""

    ask: float = 1.0
    """Predict the latent of the answer to a query (VL-JEPA's setting)."""
    image: float = 0.3
    """Predict hidden patches from visible ones."""
    text: float = 0.3
    """Predict hidden words from the others."""
    cross: float = 0.1
    """Predict each modality's pooled latent from the other."""
    contrastive: float = 0.3
    """Match the pooled latents of picture and caption (CLIP, arXiv:2103.00020)."""
    grow: float = 0.0
    """Share of the steps during which scenes grow from two objects to all they have."""
    sigreg: float = 0.05
    """Sketched isotropic Gaussian regularisation (arXiv:2511.08544)."""
    vicreg: float = 0.0
    """Variance and covariance terms (arXiv:2105.04906)."""
    distance: Literal["smooth_l1", "mse", "cosine"] = "smooth_l1"
    jepa_every: int = 3
    """Image and text masking run on one step in this many (their weight is not rescaled)."""
    family: int = 1
    """Scenes in a row that differ in one thing only, hard negatives for each other; 1 is none."""
    slices: int = 128
    """Random directions of SIGReg."""
    grain: float = 0.1
    """Most pixel noise added to half of the pictures, its standard deviation, white being 1."""
    statements: int = 4
    """Phrases of captions, half of them made false, that a scene is asked to affirm or deny."""
    questions: int = 4
    """Questions of the world that a scene is asked, but for those about what would be so if."""
    strange: float = 0.25
    """Share of the objects of nameless scenes that are drawn as a shape without a name, once half
    of the steps are done: shapes must be told apart before a stranger can be told from them."""
    nameless: float = 0.5
    """Share of scenes painted in colours without a name, and asked about all but colour: nothing
    else stops a shape from being read from the colours it was seen in."""

    def __post_init__(self) -> None:
        names = ("ask", "image", "text", "cross", "contrastive", "sigreg", "vicreg")
        at_least("objective", self, 0, *names, "statements", "questions")
        at_least("objective", self, 1, "jepa_every", "slices", "family")
        for name in ("grain", "nameless", "strange", "grow"):
            if not 0.0 <= (value := getattr(self, name)) < 1.0:
                raise ConfigError(f"objective.{name} must lie in [0, 1), got {value}")
        if not any(getattr(self, name) for name in names[:5]):
            raise ConfigError(
                "objective has no learning term: ask, image, text, cross, contrastive are 0"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseConfig:
    """One phase of training; everything is counted in steps, never in seconds."""

    steps: int = 400
    batch: int = 64
    """Scenes a step, over all ranks."""
    rate: float = 1e-3
    """Learning rate of AdamW."""
    muon_rate: float = 0.02
    """Learning rate of Muon, for the matrices of the blocks."""
    optimizer: Literal["adamw", "muon"] = "muon"
    warmup: int = 30
    decay_from: float = 0.5
    """Share of the steps after which the rate falls linearly to 0."""
    weight_decay: float = 0.05
    clip: float = 1.0
    """Largest gradient norm."""
    per_scene: int = 8
    """Looks or questions a scene."""

    def __post_init__(self) -> None:
        at_least("train.<phase>", self, 1, "steps", "batch", "per_scene")
        at_least("train.<phase>", self, 0, "rate", "muon_rate", "warmup", "weight_decay", "clip")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """The phases, in the order they run, and how often they write."""

    perception: PhaseConfig = field(default_factory=lambda: PhaseConfig(steps=1500, per_scene=16))
    grounding: PhaseConfig = field(default_factory=lambda: PhaseConfig(steps=600))
    dynamics: PhaseConfig = field(default_factory=lambda: PhaseConfig(steps=400, batch=32))
    fast: PhaseConfig = field(default_factory=lambda: PhaseConfig(steps=3000))
    parser: PhaseConfig = field(default_factory=lambda: PhaseConfig(steps=1500))
    sentences: PhaseConfig = field(
        default_factory=lambda: PhaseConfig(steps=2300, batch=96, rate=3e-3)
    )
    sudoku6: PhaseConfig = field(default_factory=lambda: PhaseConfig(steps=2400, muon_rate=0.01))
    khop: PhaseConfig = field(
        default_factory=lambda: PhaseConfig(steps=2400, batch=32, rate=3e-3, muon_rate=0.01)
    )
    maze: PhaseConfig = field(
        default_factory=lambda: PhaseConfig(steps=1500, batch=32, muon_rate=0.01)
    )
    cached: int = 4096
    """Training scenes whose latents the phases after perception share."""
    held_out: int = 1024
    """Scenes of split val on which confidence is calibrated."""
    told: int = 4096
    """Scenes whose captions and questions the tokenizer is made from."""
    log_every: int = 10
    gauge_every: int = 50
    checkpoint_every: int = 100

    def __post_init__(self) -> None:
        at_least("train", self, 1, "log_every", "gauge_every", "checkpoint_every")
        at_least("train", self, 16, "cached", "held_out", "told")


@dataclass(frozen=True, kw_only=True, slots=True)
class DecideConfig:
    """When an answer is given."""

    surprise: float = 3.0
    """Surprise above which a picture is unfamiliar; 1.0 is the 99th percentile of training."""
    certain: float = 0.9
    """A perceived atom at least this probable is true; below ``1 - certain`` it is false."""
    confidence: float = 0.5
    """Least calibrated confidence of an answer."""
    proved: float = 0.95
    """Share of lone proofs right on split val from which on one is an answer; 1 forbids it."""

    def __post_init__(self) -> None:
        if not 0.0 < self.proved <= 1.0:
            raise ConfigError(f"decide.proved must lie in (0, 1], got {self.proved}")


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluateConfig:
    """How many items each suite uses."""

    scenes: int = 2700
    questions: int = 3000
    probe_scenes: int = 2048
    theories: int = 10_000
    """Theories of each kind, with a question each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewConfig:
    """How changes to what thinks are decided on, and where that is recorded."""

    ledger: str = ""
    """URL of a PostgreSQL database (password in a pgpass file); by default the run's ledger.db."""
    demo: bool = False
    """Whether keys made for an unattended demo may decide."""
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """Everything a run is made from."""

    name: str = "tiny"
    seed: int = 0
    world: WorldConfig = field(default_factory=WorldConfig)
    encode: EncodeConfig = field(default_factory=EncodeConfig)
    predict: PredictConfig = field(default_factory=PredictConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    reason: ReasonConfig = field(default_factory=ReasonConfig)
    sentences: SentencesConfig = field(default_factory=SentencesConfig)
    reasoner: ReasonerConfig = field(default_factory=ReasonerConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    decide: DecideConfig = field(default_factory=DecideConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)
    review: ReviewConfig = field(default_factory=ReviewConfig)

    def __post_init__(self) -> None:
        side, patch = self.world.side, self.encode.vision.patch
        if side % patch:
            raise ConfigError(f"world.side={side} is not a multiple of encode.vision.patch={patch}")
        hidden, patches = self.predict.mask, (side // patch) ** 2
        if hidden.image_context + hidden.image_targets > patches:
            raise ConfigError(
                f"predict.mask keeps {hidden.image_context} and predicts {hidden.image_targets} "
                f"patches of {patches}",
                hint="lower predict.mask.image_context or predict.mask.image_targets",
            )

    @property
    def hash(self) -> str:
        """Return 16 hex digits that name this exact tree."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def recipes() -> tuple[str, ...]:
    """Return the names of the recipes that come with NEXUS."""
    names = (path.name for path in (resources.files("nexus") / "recipes").iterdir())
    return tuple(sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml")))


def recipe(name: str) -> Recipe:
    """Return the recipe of that name, or the one in the TOML file of that path.

    Raises:
        ConfigError: there is no such recipe, or the file is not TOML, or a key is unknown.
    """
    if name.endswith(".toml"):
        if not (path := Path(name)).is_file():
            raise ConfigError(f"no recipe file {name}", hint=f"shipped: {', '.join(recipes())}")
        text = path.read_text(encoding="utf-8")
    elif name in recipes():
        text = (resources.files("nexus") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")
    else:
        shipped = ", ".join(recipes())
        raise ConfigError(f"no recipe {name!r}", hint=f"one of {shipped}, or a .toml file")
    try:
        return overlay(Recipe(), tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"recipe {name} is not TOML: {error}") from None
