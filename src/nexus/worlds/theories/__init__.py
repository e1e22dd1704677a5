"""A world of language: theories told in sentences, each with what it says, and what follows."""

from nexus.worlds.theories.world import (
    SPLITS,
    Exercise,
    Sentence,
    exercises,
    misspelt,
    out_of_grammar,
    utterances,
)

__all__ = [
    "SPLITS",
    "Exercise",
    "Sentence",
    "exercises",
    "misspelt",
    "out_of_grammar",
    "utterances",
]
