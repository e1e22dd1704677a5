"""Pictures by a text-to-image pipeline of ``diffusers`` in a local folder; nothing is downloaded.

One number of threads on one kind of device gives the same bytes again. Weights are read as
safetensors only: unpickling runs whatever the file says.
"""

import hashlib
import inspect
import json
import os
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8

from nexus.base.device import choose
from nexus.base.errors import ConfigError, SourceError
from nexus.worlds.protocol import World
from nexus.worlds.sources.protocol import Keyed, Prompt, one_line, prompts, square

_PACKAGES: Final = ("diffusers", "torch", "transformers")
_INDEX: Final = "model_index.json"
_READ: Final = frozenset({".json", ".safetensors", ".txt", ".model"})
"""Endings of the files a pipeline is made from: configs, weights, vocabularies."""
_OFFLINE: Final = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DIFFUSERS_VERBOSITY": "error",
    "TRANSFORMERS_VERBOSITY": "error",
}


class Diffusion:
    """A folder as ``DiffusionPipeline.save_pretrained`` writes it, told the captions of a world.

    Raises:
        ConfigError: the extra is not installed, or a setting is impossible.
        SourceError: the folder holds no pipeline.
    """

    exact = False

    def __init__(
        self, world: World[Any], folder: Path, *, steps: int = 20, guidance: float = 7.5
    ) -> None:
        if steps < 1 or guidance < 0:
            raise ConfigError(f"steps must be at least 1 and guidance 0, got {steps}, {guidance}")
        self.packages = _versions()
        self._world, self._folder, self._device = world, folder, choose()
        self.provenance = {
            "name": "diffusers",
            "model": folder.resolve().name,
            "pipeline": _pipeline_class(folder),
            "sha256": fingerprint(folder),
            "steps": steps,
            "guidance": guidance,
            "device": self._device,
        }

    def render(self, scenes: Keyed, *, side: int) -> UInt8[np.ndarray, "n side side 3"]:
        """Return one picture a scene, from its caption and its own seed.

        Raises:
            SourceError: the pipeline cannot be loaded, or does not make pictures from text.
        """
        # One at a time: in a batch sums may run in another order, and bytes would differ.
        return np.stack([self._picture(told, side) for told in prompts(self._world, scenes)])

    def _picture(self, told: Prompt, side: int) -> UInt8[np.ndarray, "side side 3"]:
        import torch

        try:
            made = self._pipeline(
                prompt=told.text,
                num_inference_steps=self.provenance["steps"],
                guidance_scale=self.provenance["guidance"],
                generator=torch.Generator("cpu").manual_seed(told.seed),
            )
        except (RuntimeError, TypeError, ValueError) as error:
            raise SourceError(
                f"{self._folder} made no picture: {one_line(error)}",
                hint="is it a text-to-image pipeline?",
            ) from error
        return square(made.images[0], side)

    @cached_property
    def _pipeline(self) -> Any:
        """Load the pipeline; takes as long as its weights are large."""
        for name, value in _OFFLINE.items():
            os.environ.setdefault(name, value)  # read when the packages are first imported
        import torch
        from diffusers.pipelines.pipeline_utils import DiffusionPipeline
        from diffusers.utils.logging import disable_progress_bar

        disable_progress_bar()
        try:
            pipeline: Any = DiffusionPipeline.from_pretrained(
                str(self._folder),
                local_files_only=True,
                use_safetensors=True,
                low_cpu_mem_usage=False,
                dtype=torch.float32,
            )
        except (OSError, ValueError, TypeError, ImportError, AttributeError) as error:
            raise SourceError(
                f"{self._folder} cannot be loaded: {one_line(error)}",
                hint="it needs a diffusers pipeline with its weights as safetensors",
            ) from error
        takes = inspect.signature(type(pipeline).__call__).parameters
        if missing := {"prompt", "generator", "num_inference_steps", "guidance_scale"} - set(takes):
            raise SourceError(
                f"{type(pipeline).__name__} takes no {', '.join(sorted(missing))}",
                hint="name a text-to-image pipeline",
            )
        pipeline.set_progress_bar_config(disable=True)
        return pipeline.to(self._device)


def fingerprint(folder: Path) -> str:
    """Return the SHA-256 over names and bytes of every file a pipeline is made from."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in _READ and p.is_file()):
        with path.open("rb") as file:
            own = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{own}  {path.relative_to(folder).as_posix()}\n".encode())
    return total.hexdigest()


def _versions() -> dict[str, str]:
    try:
        return {name: version(name) for name in _PACKAGES}
    except PackageNotFoundError as error:
        raise ConfigError(
            f"pictures by diffusers need the package {error.name}, which is not installed",
            hint="pip install 'nexus-jepa[images]'",
        ) from None


def _pipeline_class(folder: Path) -> str:
    """Return what the folder says it is."""
    if not folder.is_dir():
        raise SourceError(
            f"there is no folder {folder}",
            hint="nothing is downloaded: put a diffusers pipeline there first",
        )
    try:
        return str(json.loads((folder / _INDEX).read_bytes())["_class_name"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{folder} is not a diffusers pipeline: no usable {_INDEX}",
            hint="name the folder that DiffusionPipeline.save_pretrained wrote",
        ) from error
