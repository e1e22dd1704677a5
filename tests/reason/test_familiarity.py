"""Both scores are their definitions, calibrated as promised, and tell strange from familiar."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from nexus.base.errors import ConfigError, DataError
from nexus.evaluate.ranking import auroc
from nexus.reason.familiarity import Unfamiliarity, fit, shrunk_covariance


def _rows(seed: int, n: int, width: int = 6, classes: int = 3) -> tuple[Tensor, Tensor]:
    """Return latents around ``classes`` centres, which are the same for every seed."""
    g = torch.Generator().manual_seed(7)
    centres = 4 * torch.randn(classes, width, generator=g)
    stretch = torch.rand(width, generator=g) + 0.3
    g.manual_seed(seed + 100)
    member = torch.randint(classes, (n,), generator=g)
    return centres[member] + stretch * torch.randn(n, width, generator=g), member


def _unit(row: Tensor) -> Tensor:
    return row.double() / row.double().square().sum().sqrt()


def _slow_kth(rows: Tensor, train: Tensor, k: int) -> list[float]:
    x, units = [_unit(t) for t in train], [_unit(row) for row in rows]
    return [sorted(float((u - t).square().sum().sqrt()) for t in x)[k - 1] for u in units]


def _slow_relative(rows: Tensor, train: Tensor, member: Tensor) -> list[float]:
    """Return the distance to the nearest class less that to the whole, by inverse covariances."""
    x = torch.stack([_unit(t) for t in train])
    means = [x[member == c].mean(0) for c in range(int(member.max()) + 1)]
    centred = torch.stack([t - means[c] for t, c in zip(x, member.tolist(), strict=True)])
    within = shrunk_covariance(centred).inverse()
    whole = shrunk_covariance(x - x.mean(0)).inverse()
    found = []
    for row in (_unit(row) for row in rows):
        nearest = min(float((row - m) @ within @ (row - m)) for m in means)
        found.append(nearest - float((row - x.mean(0)) @ whole @ (row - x.mean(0))))
    return found


def _calibrated(raw: list[float], familiar: list[float]) -> Tensor:
    values = torch.tensor(familiar, dtype=torch.float64)
    median, most = values.quantile(0.5), values.quantile(0.99)
    return (torch.tensor(raw, dtype=torch.float64) - median) / (most - median)


@pytest.mark.parametrize(("seed", "k"), [(0, 1), (2, 10)])
def test_scores_are_their_definitions(seed: int, k: int) -> None:
    (train, member), (held, _), (new, _) = _rows(seed, 25), _rows(seed + 1, 100), _rows(9, 5)
    new[0] = 0.0  # no direction at all
    found = fit(train, held, classes=member, nearest=k).score(new)
    near = [_slow_kth(rows, train, k) for rows in (new[1:], held)]
    assert_close(found.neighbours[1:], _calibrated(*near))
    apart = [_slow_relative(rows, train, member) for rows in (new[1:], held)]
    assert_close(found.mahalanobis[1:], _calibrated(*apart))
    assert found.neighbours.isfinite().all()


@given(st.integers(0, 999), st.integers(2, 30), st.integers(1, 8))
def test_shrinkage_is_ledoit_and_wolfs(seed: int, n: int, width: int) -> None:
    x = _rows(seed, n, width)[0].double()
    x = x - x.mean(0)
    eye = torch.eye(width, dtype=torch.float64)
    sample = sum(torch.outer(row, row) for row in x) / n
    mean = sample.trace() / width
    spread = (sample - mean * eye).square().sum()
    error = sum((torch.outer(row, row) - sample).square().sum() for row in x) / n**2
    s = min(1.0, float(error / spread)) if spread > 1e-12 else 0.0
    assert_close(shrunk_covariance(x), (1 - s) * sample + s * mean * eye, rtol=1e-7, atol=1e-9)


def test_one_in_a_hundred_familiar_latents_scores_above_one() -> None:
    (train, member), (held, _), (new, _) = _rows(0, 600), _rows(1, 3000), _rows(2, 3000)
    for classes in (member, None):
        known = fit(train, held, classes=classes)
        for name in Unfamiliarity.__slots__:
            assert float((getattr(known.score(held), name) > 1.0).double().mean()) == 0.01
            assert 0.003 < float((getattr(known.score(new), name) > 1.0).double().mean()) < 0.02


def test_what_points_elsewhere_is_strange_by_both_scores() -> None:
    (train, member), (held, _), (new, _) = _rows(0, 600), _rows(1, 500), _rows(2, 500)
    g = torch.Generator().manual_seed(3)
    strange = torch.randn(500, 6, generator=g)
    known = fit(train, held, classes=member)
    both = known.score(torch.cat([new, strange]))
    truth = (torch.arange(1000) >= 500).numpy()
    assert auroc(both.neighbours.numpy(), truth) > 0.97
    assert auroc(both.mahalanobis.numpy(), truth) > 0.97


def test_rows_do_not_see_each_other() -> None:
    known = fit(_rows(0, 200)[0], _rows(1, 100)[0])
    new = _rows(2, 1100)[0]  # more than a block
    assert_close(known.score(new).neighbours[1050:1051], known.score(new[1050:1051]).neighbours)
    assert known.score(new[:0]).neighbours.shape == (0,)


def test_what_cannot_be_judged_is_refused_by_name() -> None:
    train, held = _rows(0, 50)[0], _rows(1, 100)[0]
    known = fit(train, held)
    for bad in (float("nan"), float("inf")):
        new = held.clone()
        new[3, 1] = bad
        with pytest.raises(DataError, match="latent 3 of 100 is not finite"):
            known.score(new)
        with pytest.raises(DataError, match="latent 3 of 100 is not finite"):
            fit(new, held)
    with pytest.raises(ConfigError, match=r"familiarity\.nearest .* between 1 and 50"):
        fit(train, held, nearest=51)
    with pytest.raises(DataError, match="99 held-out"):
        fit(train, held[:99])
    with pytest.raises(DataError, match="do not differ"):
        fit(torch.ones(50, 6), held)
