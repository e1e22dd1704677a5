"""Linear probes of one encoder beside the same probes of pixels and of the untrained encoder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from nexus.evaluate.probes import Objects, Probe, fit_probe
from nexus.nn.seeding import stream
from nexus.suites import results
from nexus.suites.results import Figure
from nexus.suites.sights import Sight, encode_images, see
from nexus.suites.workbench import Workbench
from nexus.worlds.tabletop.scene import COLOURS, MAX_OBJECTS, SHAPES, SIZES, held_out_colour

NOISE: Final = 0.1
"""Standard deviation of pixel noise, white being 1."""
_FACTORS: Final = {"shape": len(SHAPES), "colour": len(COLOURS), "size": len(SIZES)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What one reader may look at for each object: its own latents, blank ones, or pixels."""

    train: Float[Tensor, "object feature"]
    test: Float[Tensor, "object feature"]
    novel: Float[Tensor, "object feature"]
    """Objects of a pair of shape and colour that training never showed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Places:
    train: Objects
    test: Objects
    novel: Objects


def probe_figures(bench: Workbench) -> dict[str, Figure]:
    """Return what probes read of objects and counts, and how much of that noise leaves."""
    places = _Places(
        train=Objects.of(bench.train.scenes, bench.grid),
        test=Objects.of(bench.test.scenes, bench.grid),
        novel=_novel(Objects.of(bench.pairs.scenes, bench.grid), bench.pairs),
    )
    blank = see(bench.untrained, bench.train.scenes, bench.train.images)
    sources = {
        "latents": _latents(places, bench.train, bench.test, bench.pairs),
        "untrained": _latents(
            places,
            blank,
            bench.blank_test,
            see(bench.untrained, bench.pairs.scenes, bench.pairs.images),
        ),
        "pixels": _pixels(bench, places),
    }
    figures: dict[str, Figure] = {}
    probes: dict[str, Probe] = {}
    for name, classes in _FACTORS.items():
        label = places.train.labels(bench.train.scenes, name)
        fitted = {k: fit_probe(s.train, label, classes=classes) for k, s in sources.items()}
        probes[name] = fitted["latents"]
        label = places.test.labels(bench.test.scenes, name)
        right = {k: fitted[k].right(s.test, label) for k, s in sources.items()}
        figures[f"probe_{name}"] = _beside(bench, f"probe_{name}", right, label)
        if name == "shape":
            label = places.novel.labels(bench.pairs.scenes, name)
            right = {k: fitted[k].right(s.novel, label) for k, s in sources.items()}
            key = "probe_shape_heldout_pairs"
            figures[key] = _beside(bench, key, right, label)
    figures["probe_count"], count = _count(bench, blank)
    return figures | noise_figures(bench, probes, count)


def _beside(
    bench: Workbench,
    name: str,
    right: Mapping[str, Bool[np.ndarray, " n"]],
    label: Int[Tensor, " n"],
) -> Figure:
    """Return the latents' figure over the best of the other readers, all of which are noted."""
    if not len(label):
        return results.NOT_MEASURED
    floors = {k: float(hits.mean()) for k, hits in right.items() if k != "latents"}
    floors["majority"] = float(label.bincount().max() / len(label))
    bench.floors[name] = floors
    return results.share(right["latents"], floor=max(floors.values()))


def _count(bench: Workbench, blank: Sight) -> tuple[Figure, Probe]:
    """Return how well the number of objects is read from the pooled latent, and by what."""
    label = torch.from_numpy(bench.train.scenes.count) - 1
    fitted = [fit_probe(s.pooled, label, classes=MAX_OBJECTS) for s in (bench.train, blank)]
    label = torch.from_numpy(bench.test.scenes.count) - 1
    right = {
        "latents": fitted[0].right(bench.test.pooled, label),
        "untrained": fitted[1].right(bench.blank_test.pooled, label),
    }
    return _beside(bench, "probe_count", right, label), fitted[0]


def noise_figures(bench: Workbench, probes: Mapping[str, Probe], count: Probe) -> dict[str, Figure]:
    """Return the share of the probes' accuracy that is kept by worse pictures; the worst counts."""
    clean = _accuracy(bench, bench.test, probes, count)
    noisy = grain(bench.test.images, std=NOISE, seed=bench.recipe.seed)
    step = 1 / bench.recipe.world.side
    variants = {
        "noise": (noisy, 0.0),
        "shift": (shifted(bench.test.images, pixels=1), step),
    }
    kept: dict[str, float] = {}
    for name, (images, right) in variants.items():
        tokens, pooled = encode_images(bench.senses.encoder, images)
        sight = Sight(scenes=bench.test.scenes, images=images, tokens=tokens, pooled=pooled)
        kept[name] = _accuracy(bench, sight, probes, count, right=right) / clean
    bench.floors["noise_robust_kept_under"] = kept
    return {"noise_robust": Figure(value=min(kept.values()), n=len(bench.test))}


def _accuracy(
    bench: Workbench, sight: Sight, probes: Mapping[str, Probe], count: Probe, *, right: float = 0.0
) -> float:
    """Return the mean accuracy of all probes; ``right`` is how far the picture was shifted."""
    objects = Objects.of(sight.scenes, bench.grid, right=right, down=right)
    latents = objects.latents(sight.tokens)
    hits = [p.right(latents, objects.labels(sight.scenes, n)).mean() for n, p in probes.items()]
    hits.append(count.right(sight.pooled, torch.from_numpy(sight.scenes.count) - 1).mean())
    return float(np.mean(hits))


def grain(
    images: UInt8[np.ndarray, "n side side 3"], *, std: float, seed: int
) -> UInt8[np.ndarray, "n side side 3"]:
    """Return pictures with Gaussian noise on every pixel and channel, cut to what a byte holds."""
    noise = torch.randn(images.shape, generator=stream(seed, "pixel noise")).numpy()
    return (images + 255 * std * noise).round().clip(0, 255).astype(np.uint8)


def shifted(
    images: UInt8[np.ndarray, "n side side 3"], *, pixels: int
) -> UInt8[np.ndarray, "n side side 3"]:
    """Return pictures moved right and down; the border they leave repeats the old one."""
    padded = np.pad(images, ((0, 0), (pixels, 0), (pixels, 0), (0, 0)), mode="edge")
    return padded[:, : images.shape[1], : images.shape[2]]


def _novel(objects: Objects, pairs: Sight) -> Objects:
    shape, colour = (objects.labels(pairs.scenes, name).numpy() for name in ("shape", "colour"))
    return objects.take(colour == held_out_colour(shape))


def _latents(places: _Places, train: Sight, test: Sight, pairs: Sight) -> Source:
    return Source(
        train=places.train.latents(train.tokens),
        test=places.test.latents(test.tokens),
        novel=places.novel.latents(pairs.tokens),
    )


def _pixels(bench: Workbench, places: _Places) -> Source:
    vision = bench.recipe.encode.vision
    train, test, novel = (
        objects.pixels(sight.images, patch=vision.patch, window=vision.window)
        for objects, sight in (
            (places.train, bench.train),
            (places.test, bench.test),
            (places.novel, bench.pairs),
        )
    )
    return Source(train=train, test=test, novel=novel)
