"""Tokens go back to text, equal texts train equal tokenizers, and strange words are named."""

import numpy as np
import pytest

from nexus.base.errors import CheckpointError, ConfigError, InputError
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tokenizer import Tokenizer, checked, unknown_words

WORLD = Tabletop()
SCENES = WORLD.scenes(0, "train", np.arange(150))
TEXTS = [*WORLD.describe(SCENES), *sorted(WORLD.words())]
TEXTS += [q.text for row in WORLD.ask(SCENES, per_scene=1) for q in row]
TOKENIZER = Tokenizer.train(TEXTS, size=600)


def test_round_trip() -> None:
    unseen = WORLD.scenes(9, "test", np.arange(50))
    texts = WORLD.describe(unseen) + [q.text for r in WORLD.ask(unseen, per_scene=3) for q in r]
    ids, padding = TOKENIZER.encode_batch(texts, 96)
    for text, row, empty in zip(texts, ids, padding, strict=True):
        assert TOKENIZER.decode(row) == text
        assert len(row[~empty]) == TOKENIZER.length(text)
    assert (ids[padding] == TOKENIZER.pad).all()
    assert (ids[~padding] > TOKENIZER.unknown).all()


def test_every_word_of_the_world_is_one_token() -> None:
    assert [word for word in WORLD.words() if TOKENIZER.length(word) != 1] == []
    assert TOKENIZER.size <= 600


def test_training_and_saving_are_deterministic() -> None:
    again = Tokenizer.train(reversed(TEXTS), size=600)
    assert again.content == TOKENIZER.content == Tokenizer(TOKENIZER.content).content
    upper = TOKENIZER.encode_batch(["A Big RED square"], 9)[0]
    assert (upper == TOKENIZER.encode_batch(["a big red square"], 9)[0]).all()


def test_edges() -> None:
    ids, padding = TOKENIZER.encode_batch(["", "a big red square and a circle"], 3)
    assert ids.shape == (2, 3)
    assert padding[0].all()
    assert not padding[1].any()
    assert TOKENIZER.encode_batch([], 3)[0].shape == (0, 1)
    assert TOKENIZER.unknown in TOKENIZER.encode_batch(["☃"], 3)[0]
    with pytest.raises(CheckpointError):
        Tokenizer("{}")
    with pytest.raises(ConfigError, match="got 9"):
        Tokenizer.train(TEXTS, size=9)


def test_strange_words_are_named() -> None:
    assert unknown_words("Is the elephant-red BOX 7 émue?", WORLD.words()) == ("elephant", "émue")
    with pytest.raises(InputError, match="unknown word elephant"):
        checked("is there an elephant?", WORLD.words())
    assert checked("is it red?", WORLD.words()) == "is it red?"
