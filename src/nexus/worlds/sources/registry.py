"""Finding an image source by name: ``render``, ``diffusers:FOLDER`` or ``comfyui:PORT``."""

from pathlib import Path
from typing import Any

from nexus.base.errors import ConfigError
from nexus.worlds.protocol import Seen, World
from nexus.worlds.sources.protocol import ImageSource
from nexus.worlds.sources.renderer import Renderer


def get(
    name: str,
    world: World[Any],
    *,
    workflow: Path | None = None,
    steps: int = 20,
    guidance: float = 7.5,
) -> ImageSource:
    """Return the image source of this name for a world.

    Args:
        name: ``render``, ``diffusers:FOLDER`` or ``comfyui:ADDRESS``.
        world: what is drawn, or what tells the captions.
        workflow: of ComfyUI alone, and needed there.
        steps: denoising steps, of diffusers alone.
        guidance: classifier-free guidance scale, of diffusers alone.

    Raises:
        ConfigError: there is no such source, or the options do not go with it.
        NetworkError: ComfyUI is on another machine.
        SourceError: the model or the server cannot be used.
    """
    kind, _, where = name.partition(":")
    if workflow is not None and kind != "comfyui":
        raise ConfigError(f"source {name!r} has no workflow", hint="--source comfyui:8188 has one")
    if name == "render" and isinstance(world, Seen):
        return Renderer(world)
    if kind == "diffusers" and where:
        from nexus.worlds.sources.diffusion import Diffusion

        return Diffusion(world, Path(where), steps=steps, guidance=guidance)
    if kind == "comfyui":
        from nexus.worlds.sources.comfyui import ComfyUI

        if workflow is None:
            raise ConfigError(
                "ComfyUI needs a workflow",
                hint="export one in ComfyUI (Workflow > Export (API)): --workflow FILE",
            )
        return ComfyUI(world, where, workflow)
    raise ConfigError(
        f"there is no image source {name!r} for world {world.name!r}",
        hint="render, diffusers:FOLDER or comfyui:PORT",
    )
