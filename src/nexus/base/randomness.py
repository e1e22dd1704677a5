"""All randomness in NEXUS is a function of a named key and a counter; nothing keeps a generator.

Example 7 of a split is the same in any batch, worker, rank or machine, because its numbers are
``hash(key, 7, draw)`` and not "whatever comes next".
"""

import hashlib

import numpy as np
from jaxtyping import Float64, Int64, UInt64

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def key(seed: int, *path: str | int) -> int:
    """Return the 63-bit key that belongs to ``path`` under ``seed``.

    >>> key(0, "tabletop", "train") == key(0, "tabletop", "train")
    True
    >>> key(0, "a", 1) == key(0, "a", "1")
    False
    """
    # repr keeps ("a", 1) apart from ("a", "1"), and ("ab",) from ("a", "b").
    digest = hashlib.sha256(repr((seed, path)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _mix(x: UInt64[np.ndarray, "..."]) -> UInt64[np.ndarray, "..."]:
    """Scramble 64-bit words: the finaliser of SplitMix64 (Steele et al., OOPSLA 2014)."""
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))


def words(stream: int, index: Int64[np.ndarray, " n"], draws: int) -> UInt64[np.ndarray, "n draws"]:
    """Return ``draws`` random 64-bit words for each index: a pure function of its arguments."""
    rows = _mix(np.uint64(stream) + _GOLDEN * (np.asarray(index).astype(np.uint64) + np.uint64(1)))
    columns = _mix(_GOLDEN * np.arange(1, draws + 1, dtype=np.uint64))
    return _mix(rows[:, None] ^ columns[None, :])


def uniform(
    stream: int, index: Int64[np.ndarray, " n"], draws: int
) -> Float64[np.ndarray, "n draws"]:
    """Return uniforms in [0, 1) with 53 random bits; row i depends on ``index[i]`` alone."""
    return (words(stream, index, draws) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def integers(
    stream: int, index: Int64[np.ndarray, " n"], draws: int, high: int
) -> Int64[np.ndarray, "n draws"]:
    """Return integers in [0, high); the bias of ``floor(u * high)`` is below ``high / 2**53``."""
    return (uniform(stream, index, draws) * high).astype(np.int64)
