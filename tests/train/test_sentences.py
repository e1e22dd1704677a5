"""The parser of sentences learns to point at words it never met; doubt is fitted."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from canonical import CONFIG, PHASE, CanonicalPhase, canonical_lessons, parser, right, untaught
from nexus.nn.seeding import stream
from nexus.reason.sentences import automaton
from nexus.reason.sentences.network import SentenceNetwork
from nexus.reason.sentences.pointing import alike
from nexus.reason.sentences.words import hashed
from nexus.train.sentence_parser import calibrate_sentences, fitted_scale
from nexus.train.sentences import (
    Lesson,
    SentencePhase,
    known_words,
    lessons,
    spoilt,
    unnamed,
)
from nexus.worlds.dice import Dice


@pytest.fixture(scope="module")
def held_out() -> list[Lesson]:
    """Return canonical sentences of words that no training has."""
    return [x for x in canonical_lessons(1, "val", 200) if x.means]


def read(network: SentenceNetwork, some: list[Lesson]) -> list[tuple[str, ...]]:
    return [draft.symbols for draft in parser(network).write([x.words for x in some])]


def test_reads_sentences_of_words_it_never_met_and_only_by_their_words(
    canonical_network: SentenceNetwork, held_out: list[Lesson]
) -> None:
    """Noise in place of the words, or of what was learnt, gives the floor."""
    floor = Counter(x.symbols for x in held_out).most_common(1)[0][1] / len(held_out)
    assert floor < 0.3
    assert right(read(canonical_network, held_out), held_out) > 0.85
    order = torch.randperm(len(held_out), generator=stream(0, "noise")).tolist()
    others = [held_out[i] for i in order]
    assert right(read(canonical_network, others), held_out) < floor + 0.1
    assert right(read(untaught(), held_out), held_out) < 0.05


def test_what_it_reads_of_what_it_was_not_taught_is_mostly_nothing(
    canonical_network: SentenceNetwork,
) -> None:
    """Taught canonical English, it is shown all templates; what passes is seldom wrong."""
    some = [x for x in lessons(2, "val", 200) if x.means]
    one = parser(canonical_network)
    drafts = one.write([x.words for x in some])
    wrong = passed = 0
    for draft, lesson in zip(drafts, some, strict=True):
        if not one.doubt(lesson.words, draft.symbols, one.probability(draft.likely)):
            passed += 1
            wrong += not alike(draft.symbols, lesson.symbols, lesson.words)
    assert 0 < passed < len(some)
    assert wrong <= 0.1 * passed + 2


def test_ranks_share_the_batch_of_a_step_and_steps_are_pure() -> None:
    config = replace(PHASE, batch=12)
    one, other = (SentencePhase(untaught(), config, count=80, seed=0) for _ in range(2))
    for step in (1, 2, 9):
        whole, again = one.batch(step, 0, 1), other.batch(step, 0, 1)
        assert torch.equal(whole.codes, again.codes)
        assert torch.equal(whole.seen.looks, again.seen.looks)
        parts = [one.batch(step, rank, 3) for rank in range(3)]
        mean = sum(one.module(part).total * len(part.codes) for part in parts) / 12
        assert_close(mean, one.module(whole).total)


def test_the_writer_writes_what_teaching_says_is_likeliest() -> None:
    """Written symbol by symbol or scored all at once, a sequence has one probability."""
    phase = CanonicalPhase(untaught(), PHASE, count=40, seed=0)
    network, batch = phase.network.eval(), phase.lessons.batch(range(6))
    network.learn_words(phase.lessons.lexicon)
    words = [x.words for x in canonical_lessons(0, "train", 40)[:6]]
    drafts = parser(network).write(words)
    for row, draft in enumerate(drafts):
        codes = torch.tensor([automaton.encode(draft.symbols)])
        with torch.no_grad():
            logits = network(batch.seen[row : row + 1], codes[:, :-1]).log_softmax(-1)
        total = logits.gather(2, codes[..., None]).sum()
        assert float(total) == pytest.approx(draft.likely, abs=1e-3)


def test_words_of_grammar_are_those_that_are_no_names() -> None:
    found = lessons(0, "train", 600)
    known = known_words(found)
    assert {"is", "the", "if", "not", "."} <= set(unnamed(found))
    assert {hashed(x) for x in ("is", "if", ".")} <= known.silent
    assert hashed("not") in known.denying
    assert known.denying < known.silent <= set(known.slot)


def test_a_spoilt_sentence_is_another() -> None:
    words = ("If", "Bob", "is", "big", "then", "he", "is", "not", "shy", ".")
    silent = ["if", "is", "not", "then", "he", "."]
    found = {spoilt(Dice(seed), words, silent) for seed in range(60)}
    assert words not in found
    assert len(found) > 20
    assert all(abs(len(x) - len(words)) <= 1 for x in found)


def test_doubt_is_fitted_to_how_often_readings_are_right() -> None:
    likely = -torch.rand(4000, generator=stream(0, "likely"), dtype=torch.float64) * 4
    chance = torch.sigmoid(2.0 * likely + 3.0)
    right = torch.rand(4000, generator=stream(0, "right"), dtype=torch.float64) < chance
    slope, offset = fitted_scale(likely, right)
    assert slope == pytest.approx(2.0, rel=0.15)
    assert offset == pytest.approx(3.0, rel=0.15)
    assert fitted_scale(likely[:0], right[:0])[1] < -5
    slope, offset = fitted_scale(likely, torch.ones(4000, dtype=torch.bool))
    assert 0.99 < 1 / (1 + np.exp(-offset)) < 1.0


def test_what_cannot_be_read_leaves_a_parser_that_is_never_sure() -> None:
    network = untaught().eval()
    calibrate_sentences(network, canonical_lessons(0, "val", 30))
    assert parser(network).probability(0.0) < CONFIG.certain
