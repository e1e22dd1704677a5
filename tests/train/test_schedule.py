"""Schedules are pure functions of the step with the promised shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import ConfigError
from nexus.train.schedule import Schedule, ramp


@given(
    steps=st.integers(1, 997),
    warmup=st.integers(0, 101),
    decay_from=st.floats(0, 1),
    shape=st.sampled_from(["linear", "cosine"]),
)
def test_up_then_flat_then_down_and_never_zero(steps, warmup, decay_from, shape) -> None:
    schedule = Schedule(steps=steps, warmup=warmup, decay_from=decay_from, shape=shape)
    factors = [schedule.factor(step) for step in range(1, steps + 1)]
    assert all(0 < factor <= 1 for factor in factors)
    top = round(decay_from * steps)
    rising, flat, falling = factors[:warmup], factors[warmup:top], factors[max(warmup, top) :]
    assert all(factor == 1 for factor in flat)
    assert falling == sorted(falling, reverse=True)
    if warmup <= top:
        assert rising == sorted(rising)


def test_the_shapes_by_hand() -> None:
    linear = Schedule(steps=8, warmup=2, decay_from=0.5)
    assert [linear.factor(s) for s in range(1, 9)] == [0.5, 1, 1, 1, 0.8, 0.6, 0.4, 0.2][:4] + [
        pytest.approx(x) for x in (0.8, 0.6, 0.4, 0.2)
    ]
    cosine = Schedule(steps=3, decay_from=0.0, shape="cosine")
    assert cosine.factor(2) == pytest.approx(0.5)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"decay_from must lie in \[0, 1\], got 1\.5"):
        Schedule(steps=3, decay_from=1.5)


@given(step=st.integers(-5, 50), first=st.integers(0, 20), last=st.integers(0, 40))
def test_a_ramp_stays_between_its_ends_and_never_turns_back(step, first, last) -> None:
    now, later = (ramp(s, first=first, last=last, low=2.0, high=7.0) for s in (step, step + 1))
    assert 2.0 <= now <= later <= 7.0
    assert ramp(max(first, last), first=first, last=last, low=2.0, high=7.0) == 7.0
