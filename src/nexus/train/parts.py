"""The modules a recipe describes, untrained: training fills them, the system loads them.

One place says which sizes fit together, so that what was trained is what is loaded.
"""

from dataclasses import dataclass

from nexus.config import Recipe
from nexus.encode import joint
from nexus.encode.joint import Encoder
from nexus.nn.seeding import seeded
from nexus.predict.ask import AskPredictor
from nexus.predict.dynamics import LatentDynamics
from nexus.reason import parser
from nexus.reason.boards import BoardReasoner, Related
from nexus.reason.fast import FastReasoner
from nexus.reason.grounding import Grounding
from nexus.reason.parser.network import ParserNetwork
from nexus.reason.reasoner import Reasoner
from nexus.reason.sentences.network import SentenceNetwork
from nexus.remember.memory import TestTimeMemory
from nexus.train.dynamics import LONGEST
from nexus.worlds.puzzles import Puzzle
from nexus.worlds.tabletop import LOOK_ANSWERS, Tabletop


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """Builds each module of a recipe; first weights depend on the recipe's seed and the part."""

    recipe: Recipe
    world: Tabletop
    vocabulary: int
    """Tokens of the trained tokenizer."""

    @property
    def grid(self) -> int:
        """Patches along a side of the picture."""
        return self.recipe.world.side // self.recipe.encode.vision.patch

    def encoder(self) -> Encoder:
        """Return the encoder of pictures and texts."""
        with seeded(self.recipe.seed, "encoder"):
            return joint.build(
                self.recipe.encode, side=self.recipe.world.side, vocabulary=self.vocabulary
            )

    def asker(self) -> AskPredictor:
        """Return the predictor of answers' latents."""
        predict, encode = self.recipe.predict, self.recipe.encode
        with seeded(self.recipe.seed, "asker"):
            return AskPredictor(
                width=encode.vision.width,
                joint=encode.joint,
                depth=predict.ask_depth,
                heads=predict.heads,
                grid=self.grid,
                answers=len(LOOK_ANSWERS),
            )

    def memory(self) -> TestTimeMemory:
        """Return an empty memory."""
        return TestTimeMemory(width=self.recipe.encode.vision.width, joint=self.recipe.encode.joint)

    def grounding(self) -> Grounding:
        """Return the read-out of facts."""
        vision = self.recipe.encode.vision
        with seeded(self.recipe.seed, "grounding"):
            return Grounding(
                width=vision.width,
                heads=vision.heads,
                grid=self.grid,
                vocabulary=self.world.vocabulary,
                certain=self.recipe.decide.certain,
            )

    def dynamics(self) -> LatentDynamics:
        """Return the model of what actions change."""
        vision = self.recipe.encode.vision
        with seeded(self.recipe.seed, "dynamics"):
            return LatentDynamics(
                width=vision.width,
                depth=self.recipe.predict.dynamics_depth,
                heads=vision.heads,
                symbols=len(self.world.vocabulary.symbols),
                longest=LONGEST,
            )

    def fast(self) -> FastReasoner:
        """Return the fast route's reasoner."""
        encode = self.recipe.encode
        with seeded(self.recipe.seed, "fast"):
            return FastReasoner(
                self.recipe.reason,
                picture=encode.vision.width,
                words=encode.text.width,
                grid=self.grid,
                answers=len(self.world.answers),
                symbols=len(self.world.vocabulary.symbols),
            )

    def boards(self, puzzle: Puzzle, *, related: bool = True) -> BoardReasoner:
        """Return the reasoner on boards of one puzzle, told which cells are ``related`` or not."""
        config = self.recipe.reasoner
        together = Related(puzzle if related else None)
        with seeded(self.recipe.seed, "reasoner", puzzle.name):
            return BoardReasoner(
                Reasoner(
                    width=config.width,
                    heads=config.heads,
                    answers=puzzle.answers,
                    working_depth=config.working_depth,
                    core_depth=config.core_depth,
                    kinds=together.kinds,
                    fast_steps=config.fast_steps,
                    cycles=config.cycles,
                    gradient=config.gradient,
                ),
                together,
                width=config.width,
                symbols=puzzle.symbols,
                cells=puzzle.cells,
            )

    def parser(self) -> ParserNetwork:
        """Return the question-only parser's network."""
        with seeded(self.recipe.seed, "parser"):
            return parser.build(self.recipe.reason, self.world.vocabulary, self.world.words())

    def sentences(self) -> SentenceNetwork:
        """Return the network of the parser of sentences."""
        with seeded(self.recipe.seed, "sentences"):
            return SentenceNetwork(self.recipe.sentences)
