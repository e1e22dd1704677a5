"""A number that is none is found and named."""

import pytest
import torch

from nexus.base.errors import ThoughtError
from nexus.nn.finite import check_finite


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_the_tensor_and_the_row_are_named(bad: float) -> None:
    fine, spoilt = torch.zeros(3, 2, 4), torch.zeros(3, 5)
    check_finite("cycle 1", working=fine, halt=torch.zeros(3))
    spoilt[1, 4] = bad
    with pytest.raises(ThoughtError, match=f"cycle 1: the core of row 1 hold {bad}"):
        check_finite("cycle 1", working=fine, core=spoilt)
    with pytest.raises(ThoughtError, match="the halt of row 2"):
        check_finite("x", halt=torch.tensor([0.0, 0.0, bad]))
