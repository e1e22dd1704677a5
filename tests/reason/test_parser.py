"""Parser: always a query or a reason; alone or in a batch alike; blind to what comes later."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from nexus.config import ReasonConfig
from nexus.logic.language import parse
from nexus.nn.seeding import seeded, stream
from nexus.reason.parser import Parser, build
from nexus.reason.parser.network import ParserNetwork
from nexus.reason.parser.reading import LONGEST, split_words
from nexus.worlds.tabletop import VOCABULARY, Tabletop

WORDS = Tabletop().words()
SMALL = ReasonConfig(parser_width=16, parser_depth=2, parser_heads=2, query_symbols=17)


def network(seed: int = 0, *, spread: float = 1.0) -> ParserNetwork:
    """Return random weights that have met every word; ``spread`` makes them opinionated."""
    with seeded(seed, "test", "parser"):
        built = build(SMALL, VOCABULARY, WORDS).eval()
    with torch.no_grad():
        built.writer.head.weight.mul_(spread)
        built.trained[1:] = True
    return built


def random_questions(seed: int, count: int) -> list[str]:
    words, g = sorted(WORDS), stream(seed, "questions")
    lengths = torch.randint(1, 14, (count,), generator=g).tolist()
    return [
        " ".join(words[i] for i in torch.randint(len(words), (n,), generator=g).tolist())
        for n in lengths
    ]


@given(seed=st.integers(0, 999), spread=st.sampled_from([0.1, 1.0, 30.0]))
@settings(max_examples=15)
def test_any_weights_write_a_well_formed_query(seed: int, spread: float) -> None:
    questions = random_questions(seed, 7)
    for reading in Parser(network(seed, spread=spread), WORDS, certain=0.0).parse_batch(questions):
        assert reading.query is not None
        assert parse(str(reading.query), VOCABULARY) == reading.query
        assert len(str(reading.query).split()) <= SMALL.query_symbols
        assert 0.0 <= reading.probability <= 1.0
        assert reading.hypothetical == bool(reading.actions)


def test_a_question_reads_the_same_alone_and_in_any_batch() -> None:
    parser, questions = Parser(network(spread=9.0), WORDS, certain=0.0), random_questions(1, 23)
    together = parser.parse_batch(questions)
    assert len({str(r.query) for r in together}) > 3
    for question, reading in zip(questions, together, strict=True):
        alone = parser.parse(question)
        assert alone.query == reading.query
        assert alone.probability == pytest.approx(reading.probability, rel=1e-4)


def test_writing_symbol_by_symbol_agrees_with_all_at_once() -> None:
    """The probability of what was written is what the training-time network gives it."""
    net = network(spread=3.0)
    words = torch.randint(1, len(WORDS), (5, 11), generator=stream(0, "words"))
    keep = torch.arange(11) < torch.tensor([11, 7, 5, 3, 2])[:, None]
    written = net.write(words, keep)
    for i, query in enumerate(written.queries):
        logits = net(words[i : i + 1], keep[i : i + 1], torch.tensor([query[:-1]]))
        chosen = logits[0].log_softmax(-1)[torch.arange(len(query)), query]
        assert_close(chosen.sum().exp(), written.probability[i], rtol=1e-4, atol=1e-9)


def test_logits_depend_on_earlier_symbols_only_and_not_on_padding() -> None:
    net = network()
    g = stream(0, "causal")
    words = torch.randint(1, len(WORDS), (3, 7), generator=g)
    keep, before = torch.ones(3, 7, dtype=torch.bool), torch.randint(40, (3, 13), generator=g)
    logits, changed = net(words, keep, before), before.clone()
    changed[:, 5] = (before[:, 5] + 1) % 40
    after = net(words, keep, changed)
    assert_close(after[:, :6], logits[:, :6])  # logit i is of the symbol after the i first ones
    assert not torch.allclose(after[:, 6], logits[:, 6])
    longer = torch.cat([words, words], dim=1)
    padded = torch.cat([keep, torch.zeros_like(keep)], dim=1)
    assert_close(net(longer, padded, before), logits)


def test_strange_questions_are_refused_by_name() -> None:
    parser = Parser(network(), WORDS)
    told = {
        "is there a red elephant, a zebra?": "I do not know the words 'elephant', 'zebra'",
        "how many blue-green circles are there": "I do not know the word 'blue-green'",
        "is there a \N{LARGE RED CIRCLE}?": "I do not know the word '\N{LARGE RED CIRCLE}'",
        " ?! ": "there is no question",
        "red " * (LONGEST + 1): f"the question has {LONGEST + 1} words; I read at most {LONGEST}",
    }
    for reading, why in zip(parser.parse_batch(list(told)), told.values(), strict=True):
        assert (reading.query, reading.goal, reading.probability) == (None, None, 0.0)
        assert reading.reason == why


def test_an_unsure_reading_is_no_reading() -> None:
    parser = Parser(network(), WORDS, certain=0.9)  # untrained: every query is improbable
    reading = parser.parse("is there a red circle?")
    assert reading.query is None
    assert 0.0 < reading.probability < 0.9
    assert reading.reason == "I am not sure I read this question right"


def test_a_reading_that_lost_a_word_is_no_reading() -> None:
    net = network()
    parser, symbol = Parser(net, WORDS, certain=0.0), net.grammar.symbols.index("red")
    assert parser.parse("is there a red circle?").query is not None
    net.says[1 + sorted(WORDS).index("red"), symbol] = True
    query = parser.parse("is there a circle?").query
    assert query is not None
    assert "red" not in str(query)  # untrained, it writes much the same of any question
    reading = parser.parse("is there a red circle?")
    assert reading.query is None
    assert reading.reason.endswith("I stumbled at 'red'")


def test_a_word_training_never_met_is_read_as_unknown() -> None:
    net = network()
    parser, id_ = Parser(net, WORDS, certain=0.0), 1 + sorted(WORDS).index("red")
    questions = ["is there a red circle?"]
    met = parser.parse_batch(questions)[0].probability
    net.trained[id_] = False
    unmet = parser.parse_batch(questions)[0].probability
    with torch.no_grad():
        net.reader.table.weight[id_] = 99.0
    assert unmet == parser.parse_batch(questions)[0].probability != met


def test_case_and_sentence_marks_do_not_matter_and_nothing_else_is_dropped() -> None:
    assert split_words(' Is THERE, a "red" (circle)?') == ["is", "there", "a", "red", "circle"]
    assert split_words("what's 2 & ü?") == ["what's", "2", "&", "ü"]
