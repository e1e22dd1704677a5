"""Claims become facts exactly as their probabilities say, and three truth values stay honest."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.base.records import Facts, Truth
from nexus.logic.language import Vocabulary
from nexus.reason.facts import Claims, merge, places, relations, state, truth_of

VOCABULARY = Vocabulary(
    attributes={
        "shape": ("circle", "square", "cross"),
        "place": tuple(f"{r}{c}" for r in "abc" for c in "xyz"),
    },
    relations=("left_of", "right_of", "above", "below"),
)


def _claims(seed: int, batch: int, slots: int, *, cluster: float = 0.3) -> Claims:
    """Return random claims, crowded enough that many are of one object."""
    rng = np.random.default_rng(seed)
    return Claims(
        presence=torch.from_numpy(rng.beta(0.5, 0.5, size=(batch, slots))),
        centre=torch.from_numpy(rng.random((batch, slots, 2)) * cluster),
        attributes={"shape": torch.from_numpy(rng.dirichlet([0.3] * 3, size=(batch, slots)))},
    )


def _merge_slowly(claims: Claims, *, radius: float, least: float) -> list[list[float]]:
    """Return the presences after merging, one picture and one claim at a time."""
    result: list[list[float]] = []
    for presence, centre in zip(claims.presence.tolist(), claims.centre.tolist(), strict=True):
        left = {k for k, p in enumerate(presence) if p >= least}
        kept = [0.0] * len(presence)
        while left:
            strongest = max(left, key=lambda k: (presence[k], -k))
            near = {k for k in left if math.dist(centre[k], centre[strongest]) < radius}
            kept[strongest] = presence[strongest]
            left -= near
        result.append(kept)
    return result


def _state_slowly(
    claims: Claims, row: int, *, error: float, certain: float
) -> dict[tuple[str, ...], float]:
    """Return the probability of every atom of one picture, atom by atom."""

    def phi(z: float) -> float:
        return 0.5 * (1 + math.erf(z / math.sqrt(2)))

    def third(at: float, k: int) -> float:
        low = 0.0 if k == 0 else phi((k / 3 - at) / error)
        return (1.0 if k == 2 else phi(((k + 1) / 3 - at) / error)) - low

    slots = [k for k, p in enumerate(claims.presence[row].tolist()) if p > 1 - certain]
    name = {k: f"o{i + 1}" for i, k in enumerate(slots)}
    at = claims.centre[row].tolist()
    atoms: dict[tuple[str, ...], float] = {}
    for k in slots:
        atoms["object", name[k]] = claims.presence[row, k].item()
        for v, value in enumerate(VOCABULARY.attributes["shape"]):
            atoms["shape", name[k], value] = claims.attributes["shape"][row, k, v].item()
        for v, value in enumerate(VOCABULARY.attributes["place"]):
            atoms["place", name[k], value] = third(at[k][0], v % 3) * third(at[k][1], v // 3)
        for j in slots:
            if j != k:
                right, down = (phi((at[j][i] - at[k][i]) / (error * 2**0.5)) for i in (0, 1))
                atoms["left_of", name[k], name[j]] = right
                atoms["right_of", name[k], name[j]] = 1 - right
                atoms["above", name[k], name[j]] = down
                atoms["below", name[k], name[j]] = 1 - down
    return atoms


def _read(claims: Claims, certain: float, error: float = 0.05) -> list[Facts]:
    return state(claims, VOCABULARY, error=torch.full((2,), error), certain=certain)


@settings(max_examples=20)
@given(st.integers(0, 999), st.floats(0.02, 0.3))
def test_merging_equals_doing_it_one_claim_at_a_time(seed: int, radius: float) -> None:
    claims = _claims(seed, 3, 11)
    merged = merge(claims, radius=radius, least=0.05)
    assert np.allclose(merged.presence, _merge_slowly(claims, radius=radius, least=0.05))


@settings(max_examples=20)
@given(st.integers(0, 999))
def test_merging_does_not_care_for_the_order_of_claims(seed: int) -> None:
    claims = _claims(seed, 2, 7)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(7))
    shuffled = Claims(
        presence=claims.presence[:, order],
        centre=claims.centre[:, order],
        attributes={n: p[:, order] for n, p in claims.attributes.items()},
    )
    a, b = (merge(c, radius=0.1, least=0.05).presence for c in (claims, shuffled))
    assert torch.allclose(a[:, order], b)


def test_two_claims_of_one_centre_are_one_object_as_sure_as_the_surer() -> None:
    claims = Claims(
        presence=torch.tensor([[0.3, 0.95]]),
        centre=torch.tensor([[[0.125, 0.3], [0.126, 0.3]]]),
        attributes={"shape": torch.eye(3)[None, :2]},
    )
    (facts,) = _read(merge(claims, radius=0.07, least=0.02), certain=0.9)
    assert facts.objects == ("o1",)
    assert facts.of(("object", "o1")) is Truth.TRUE
    assert facts.of(("shape", "o1", "square")) is Truth.TRUE


@settings(max_examples=20)
@given(st.integers(0, 999), st.sampled_from([0.6, 0.9, 0.99]))
def test_facts_equal_those_worked_out_atom_by_atom(seed: int, certain: float) -> None:
    claims = _claims(seed, 2, 5, cluster=1.0)
    for row, facts in enumerate(_read(claims, certain)):
        slow = _state_slowly(claims, row, error=0.05, certain=certain)
        assert facts.probability.keys() == slow.keys() == facts.truth.keys()
        assert facts.probability == pytest.approx(slow, abs=1e-6)
        for atom, p in slow.items():
            if abs(p - certain) > 1e-6 and abs(p - 1 + certain) > 1e-6:
                assert facts.of(atom) is truth_of(p, certain)


@given(st.integers(0, 999), st.floats(0.55, 0.9), st.floats(0.0, 0.099))
def test_asking_for_more_certainty_never_decides_more(
    seed: int, certain: float, more: float
) -> None:
    claims = _claims(seed, 1, 5, cluster=1.0)
    (lax,), (strict,) = _read(claims, certain), _read(claims, certain + more)
    assert len(strict.objects) >= len(lax.objects)  # what was left out may become unknown
    known = {centre: name for name, centre in strict.centres.items()}
    name = {old: known[centre] for old, centre in lax.centres.items()}
    for atom, truth in lax.truth.items():
        now = strict.of((atom[0], *(name.get(part, part) for part in atom[1:])))
        assert now in (truth, Truth.UNKNOWN)


@given(st.floats(0, 1), st.floats(0.5, 0.999))
def test_truth_has_a_false_side_that_mirrors_the_true_one(p: float, certain: float) -> None:
    mirror = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}
    if certain > 0.5 and abs(p - certain) > 1e-9 and abs(p - 1 + certain) > 1e-9:
        assert truth_of(1 - p, certain) is mirror[truth_of(p, certain)]


@given(st.integers(0, 999), st.floats(0.001, 0.5))
def test_places_are_a_distribution_and_relations_are_complementary(seed: int, error: float) -> None:
    centre = torch.from_numpy(np.random.default_rng(seed).random((2, 5, 2)))
    spread = torch.full((2,), error, dtype=torch.float64)
    assert torch.allclose(places(centre, spread).sum(-1), torch.ones(2, 5).double())
    ahead = relations(centre, spread)
    assert torch.allclose(ahead + ahead.transpose(1, 2), torch.ones_like(ahead))


def test_a_batch_reads_as_its_pictures_one_by_one() -> None:
    claims = _claims(5, 7, 6, cluster=1.0)
    together = _read(claims, 0.9)
    for row in range(7):
        alone = Claims(
            presence=claims.presence[row : row + 1],
            centre=claims.centre[row : row + 1],
            attributes={n: p[row : row + 1] for n, p in claims.attributes.items()},
        )
        assert _read(alone, 0.9) == [together[row]]
