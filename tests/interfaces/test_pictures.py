"""Any file a person names becomes a square RGB picture, or one ``InputError`` that says why not."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nexus.base.errors import InputError
from nexus.interfaces.pictures import FORMATS, GREY, read_picture

SIDE = 37


def read(path: Path, side: int = SIDE) -> np.ndarray:
    seen = read_picture(path, side=side)
    assert seen.image.shape == (side, side, 3)
    assert seen.image.dtype == np.uint8
    assert seen.source == str(path)
    return seen.image


def noise(height: int, width: int, channels: int = 3) -> Image.Image:
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return Image.fromarray(pixels.squeeze())


def assert_read_or_refused(path: Path) -> None:
    """Any other exception than ``InputError`` fails the test."""
    refusal = None
    try:
        read(path)
    except InputError as error:
        refusal = error
    assert refusal is None or (refusal.hint and "\n" not in str(refusal))


def header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixel at all."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 10) + b"IDAT"


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "GIF"])
@pytest.mark.parametrize("size", [(1, 1), (5, 211), (211, 5), (64, 64), (300, 200)])
def test_every_format_and_size_is_read(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    path = tmp_path / f"picture.{name.lower()}"
    noise(*size).save(path, format=name)
    read(path)


def test_a_picture_of_the_right_side_is_untouched(tmp_path: Path) -> None:
    picture = noise(SIDE, SIDE)
    picture.save(tmp_path / "a.png")
    assert np.array_equal(read(tmp_path / "a.png"), np.asarray(picture))


def test_transparency_is_flattened_on_grey(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (SIDE, SIDE), (255, 0, 0, 0))
    clear.paste((0, 255, 0, 255), (10, 10, 20, 20))
    for name in ("rgba.png", "palette.png"):
        saved = clear if name == "rgba.png" else clear.quantize(8)
        saved.save(tmp_path / name)
        seen = read(tmp_path / name)
        assert tuple(seen[0, 0]) == GREY
        assert tuple(seen[15, 15]) == (0, 255, 0)


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P", "CMYK", "RGB", "RGBA", "YCbCr"])
def test_every_colour_mode_means_the_same_grey(tmp_path: Path, mode: str) -> None:
    value = 255 if mode == "1" else 100
    grey = Image.new("RGB", (20, 20), (value,) * 3)
    picture = grey.quantize(2) if mode == "P" else grey.convert(mode)
    path = tmp_path / ("a.jpg" if mode in ("CMYK", "YCbCr") else "a.png")
    picture.save(path)
    assert np.abs(read(path).astype(int) - value).max() <= 2


def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path) -> None:
    wide = np.full((20, 20), 100 * 257, dtype=np.uint16)
    wide[5:15, 5:15] = 65535
    Image.fromarray(wide).save(tmp_path / "a.png")
    seen = read(tmp_path / "a.png", side=20)
    assert (seen[0, 0] == 100).all()
    assert (seen[10, 10] == 255).all()


def test_the_camera_was_held_sideways(tmp_path: Path) -> None:
    picture = Image.new("RGB", (40, 40), (50, 50, 50))
    picture.paste((250, 0, 0), (0, 0, 40, 20))  # red above
    exif = Image.Exif()
    exif[0x0112] = 3  # stored upside down
    picture.save(tmp_path / "a.png", exif=exif)
    seen = read(tmp_path / "a.png", side=40)
    assert seen[35, 20, 0] == 250
    assert seen[5, 20, 0] == 50


def test_a_wide_picture_is_centred_on_its_border_colour(tmp_path: Path) -> None:
    picture = Image.new("RGB", (80, 40), (10, 20, 200))
    picture.paste((255, 255, 255), (30, 10, 50, 30))
    picture.save(tmp_path / "a.png")
    seen = read(tmp_path / "a.png", side=40)
    assert (seen[:8] == (10, 20, 200)).all()
    assert (seen[-8:] == (10, 20, 200)).all()
    assert (seen[20, 20] == 255).all()


def test_shrinking_averages_instead_of_picking(tmp_path: Path) -> None:
    board = np.indices((320, 320)).sum(0) % 2 * 255
    Image.fromarray(board.astype(np.uint8)).save(tmp_path / "a.png")
    assert np.abs(read(tmp_path / "a.png", side=32).astype(int) - 127).max() <= 2


def test_the_size_limit_needs_no_pixels(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(header(2500, 2000))
    with pytest.raises(InputError, match=r"2500 x 2000 = 5\.0 megapixels, the limit is 4"):
        read(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(header(100_000, 100_000))
    with pytest.raises(InputError, match="megapixels, the limit is 4"):
        read(tmp_path / "b.png")


def test_a_real_picture_of_five_megapixels_is_refused(tmp_path: Path) -> None:
    Image.new("L", (2500, 2000)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="limit is 4"):
        read(tmp_path / "a.png")


def test_four_megapixels_and_a_thread_of_pixels_are_read(tmp_path: Path) -> None:
    for size in ((2000, 2000), (60_000, 1)):
        Image.new("L", size, 9).save(tmp_path / "a.png")
        assert (read(tmp_path / "a.png") == 9).all()


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tiff"])
def test_animations_are_refused_with_a_way_out(tmp_path: Path, name: str) -> None:
    frames = [noise(20, 20), noise(20, 21).crop((1, 0, 21, 20))]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match=r"2 frames.*export the frame"):
        read(tmp_path / name)


def test_a_still_gif_is_read(tmp_path: Path) -> None:
    noise(20, 20).save(tmp_path / "a.gif")
    read(tmp_path / "a.gif")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.bmp", "a.tiff"])
def test_truncated_files_are_called_damaged(tmp_path: Path, name: str) -> None:
    noise(100, 100).save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged"):
        read(tmp_path / name)


def test_decoders_that_raise_other_than_os_errors(tmp_path: Path) -> None:
    noise(5, 7).save(tmp_path / "a.png")  # a shorter pixel chunk: SyntaxError within the decoder
    damaged = bytearray((tmp_path / "a.png").read_bytes())
    damaged[damaged.index(b"IDAT") - 1] -= 35
    (tmp_path / "a.png").write_bytes(damaged)
    noise(5, 7).save(tmp_path / "a.tiff")  # no width: TypeError in it
    damaged = bytearray((tmp_path / "a.tiff").read_bytes())
    damaged[10:12] = b"\xff\x7f"
    (tmp_path / "a.tiff").write_bytes(damaged)
    for name in ("a.png", "a.tiff"):
        with pytest.raises(InputError, match=r"is damaged|is not a picture"):
            read(tmp_path / name)


@pytest.mark.parametrize("data", [b"this is a letter, not a picture\n", b"%!PS-Adobe-3.0 EPSF-3.0"])
def test_what_is_no_picture_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(InputError, match=r"is not a picture.*PNG, JPEG"):
        read(tmp_path / "a.png")


def test_files_that_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    os.mkfifo(tmp_path / "pipe.png")
    for name, why in {
        "empty.png": "is empty",
        "absent.png": "there is no file",
        ".": "is a directory",
        "pipe.png": "not a regular file",
        "empty.png/x.png": "there is no file",
        "n" * 300: "cannot read",
        "a\0b": "cannot read|there is no file",
    }.items():
        with pytest.raises(InputError, match=why):
            read(tmp_path / name)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    noise(5, 5).save(path)
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything, so the system's refusal is played back

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(InputError, match="may not be read"):
        read(path)


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.ones((4, 4), dtype=np.float32)).save(tmp_path / "a.tiff")
    with pytest.raises(InputError, match="floating-point"):
        read(tmp_path / "a.tiff")


SEEDS = [
    header(9, 9),
    b"GIF89a",
    b"RIFF\x24\0\0\0WEBPVP8 ",
    b"BM",
    b"II*\0",
    b"\xff\xd8\xff\xe0",
    b"",
]


@given(start=st.sampled_from(SEEDS), rest=st.binary(max_size=200))
def test_random_bytes_are_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, start: bytes, rest: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.png"
    path.write_bytes(start + rest)
    assert_read_or_refused(path)


@given(data=st.data())
def test_damaged_pictures_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    buffer = io.BytesIO()
    noise(23, 29).save(buffer, format=data.draw(st.sampled_from(FORMATS)))
    damaged = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.png"
    path.write_bytes(damaged)
    assert_read_or_refused(path)
