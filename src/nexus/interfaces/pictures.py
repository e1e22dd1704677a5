"""A person's picture file as an ``Observation``, or one sentence on why it cannot be one.

Everything about the file is judged from its header before a pixel is decoded. The picture is then
shrunk to the side the recipe sees and centred on a square of its own border colour.
"""

import warnings
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from nexus.base.errors import InputError, NexusError
from nexus.base.records import Observation

MOST_PIXELS: Final = 4_000_000
MOST_BYTES: Final = 64_000_000
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""What is decoded; others (EPS above all, which runs a program) are not even tried."""
GREY: Final = (51, 51, 51)
"""What shows through transparent pixels: the ground of the drawn worlds."""


def read_picture(path: Path, *, side: int) -> Observation:
    """Return the picture in ``path`` as ``side`` by ``side`` RGB.

    Raises:
        InputError: there is no such file, it cannot be read, it is no picture, it is animated,
            damaged or larger than 4 megapixels.
    """
    _check_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)  # of odd metadata, which is not used
            with Image.open(path, formats=FORMATS) as picture:
                _check_header(picture, path)
                colours = _to_rgb(_upright(picture), path)
    except NexusError:
        raise
    except Image.UnidentifiedImageError:
        raise InputError(
            f"{path} is not a picture", hint=f"formats that can be read: {', '.join(FORMATS)}"
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(path, "far more than") from None
    except PermissionError:
        raise InputError(f"{path} may not be read", hint="check its permissions") from None
    except Exception as error:  # decoders raise of everything; here it always means a bad file
        raise InputError(
            f"{path} is damaged: {_first_line(error)}", hint="export or copy the picture again"
        ) from None
    return Observation(image=_to_square(colours, side), source=str(path))


def _check_file(path: Path) -> None:
    """Refuse what is no readable file of a sensible size."""
    try:
        if not path.exists():
            raise InputError(f"there is no file {path}", hint="check the path")
        if path.is_dir():
            raise InputError(f"{path} is a directory", hint="name one picture file in it")
        if not path.is_file():
            raise InputError(f"{path} is not a regular file", hint="save the picture to a file")
        size = path.stat().st_size
    except (OSError, ValueError) as error:  # a name too long, a NUL byte, a folder closed to us
        raise InputError(f"cannot read {str(path)!r}: {error}", hint="check the path") from None
    if size == 0:
        raise InputError(f"{path} is empty", hint="export or copy the picture again")
    if size > MOST_BYTES:
        raise InputError(
            f"{path} has {size / 1e6:.0f} megabytes, the limit is {MOST_BYTES / 1e6:.0f}",
            hint="export it as PNG or JPEG",
        )


def _check_header(picture: Image.Image, path: Path) -> None:
    """Refuse by what the header says alone."""
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise _too_large(path, f"{width} x {height} = {width * height / 1e6:.1f}")
    frames = getattr(picture, "n_frames", 1)
    if frames > 1 and picture.format != "MPO":  # a phone's JPEG with a second, smaller view
        raise InputError(
            f"{path} is animated or has pages: {frames} frames",
            hint="export the frame you mean, for example the first, as a PNG",
        )


def _too_large(path: Path, size: str) -> InputError:
    limit = f"{MOST_PIXELS / 1e6:.0f}"
    return InputError(
        f"{path} has {size} megapixels, the limit is {limit}",
        hint="shrink it first: only a small version of it is looked at",
    )


def _upright(picture: Image.Image) -> Image.Image:
    """Decode the picture and turn it the way its camera was held (EXIF orientation)."""
    picture.load()
    return ImageOps.exif_transpose(picture)


def _to_rgb(picture: Image.Image, path: Path) -> Image.Image:
    """Return the picture in 8-bit RGB, transparency flattened on grey."""
    if picture.mode == "F":
        raise InputError(f"{path} has floating-point pixels", hint="export it as an 8-bit PNG")
    if picture.mode.startswith("I"):  # 16-bit grey; PIL's own conversion clips instead of scaling
        wide = np.clip(np.asarray(picture), 0, 65535).astype(np.float64)
        return Image.fromarray(np.rint(wide / 257).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, (*GREY, 255))
        return Image.alpha_composite(ground, layer).convert("RGB")
    return picture.convert("RGB")


def _to_square(picture: Image.Image, side: int) -> UInt8[np.ndarray, "side side 3"]:
    """Return the picture scaled into a square of ``side`` pixels of its border colour."""
    scale = side / max(picture.size)
    width, height = (max(1, round(length * scale)) for length in picture.size)
    # Hamming neither rings at the edges of flat shapes, as Lanczos does, nor blurs them.
    method = Image.Resampling.HAMMING if scale < 1 else Image.Resampling.BICUBIC
    small = picture.resize((width, height), method)
    square = Image.new("RGB", (side, side), _border(picture))
    square.paste(small, ((side - width) // 2, (side - height) // 2))
    return np.asarray(square)


def _border(picture: Image.Image) -> tuple[int, int, int]:
    """Return the median colour of the outermost pixels."""
    pixels = np.asarray(picture)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = (int(value) for value in np.median(edge, axis=0))
    return red, green, blue


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0].strip() or type(error).__name__
