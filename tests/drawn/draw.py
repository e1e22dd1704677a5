"""Draws the ten fixtures as a person with an image editor would: not by the world's renderer.

    python tests/drawn/draw.py

Shapes are drawn four times too large and scaled down (soft edges), backgrounds and greys differ
from training, and most pictures have been through JPEG. The PNG files are kept; this says how they
came to be.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

HERE, SCALE = Path(__file__).parent, 4
COLOURS = {
    "red": "#d92b2b",
    "green": "#2fae3f",
    "blue": "#2b55d9",
    "yellow": "#efd935",
    "orange": "#f28a1c",
    "cyan": "#35cfd0",
    "white": "#f4f4f4",
    "purple": "#9a3bc4",
}


def canvas(side: int, background: str) -> Image.Image:
    """Return an empty picture, four times too large."""
    return Image.new("RGB", (side * SCALE, side * SCALE), background)


def put(picture: Image.Image, shape: str, colour: str, x: float, y: float, radius: float) -> None:
    """Draw one shape; all lengths are fractions of the side."""
    side = picture.width
    cx, cy, r = x * side, y * side, radius * side
    pen, fill = ImageDraw.Draw(picture), COLOURS[colour]
    match shape:
        case "circle":
            pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill=fill)
        case "square":
            s = 0.86 * r
            pen.rectangle((cx - s, cy - s, cx + s, cy + s), fill=fill)
        case "triangle":
            corners = [(cx, cy - r), (cx + 0.98 * r, cy + 0.8 * r), (cx - 0.98 * r, cy + 0.8 * r)]
            pen.polygon(corners, fill=fill)
        case "cross":
            t = 0.34 * r
            pen.rectangle((cx - t, cy - r, cx + t, cy + r), fill=fill)
            pen.rectangle((cx - r, cy - t, cx + r, cy + t), fill=fill)
        case "star":
            turn = np.arange(10) * np.pi / 5 - np.pi / 2
            reach = np.where(np.arange(10) % 2, 0.45, 1.1) * r
            points = zip(cx + reach * np.cos(turn), cy + reach * np.sin(turn), strict=True)
            pen.polygon([(float(a), float(b)) for a, b in points], fill=fill)


def keep(picture: Image.Image, name: str, *, quality: int | None = None) -> None:
    """Scale down, send through JPEG if asked, and save as PNG."""
    side = picture.width // SCALE
    small = picture.resize((side, side), Image.Resampling.LANCZOS)
    if quality is not None:
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=quality)
        small = Image.open(buffer).convert("RGB")
    small.save(HERE / f"{name}.png", optimize=True)


def main() -> None:
    """Draw all ten."""
    p = canvas(200, "#303030")
    put(p, "circle", "red", 0.4, 0.45, 0.12)
    keep(p, "one_circle")

    p = canvas(240, "#383634")
    put(p, "square", "blue", 0.25, 0.7, 0.12)
    put(p, "triangle", "yellow", 0.72, 0.3, 0.12)
    keep(p, "two_shapes", quality=70)

    p = canvas(180, "#343434")
    for x, y in ((0.2, 0.25), (0.5, 0.75), (0.8, 0.4)):
        put(p, "cross", "green", x, y, 0.1)
    keep(p, "three_crosses", quality=80)

    p = canvas(256, "#2c2f33")
    put(p, "square", "red", 0.22, 0.5, 0.12)
    put(p, "circle", "blue", 0.75, 0.55, 0.12)
    keep(p, "side_by_side", quality=75)

    p = canvas(160, "#333333")
    put(p, "circle", "orange", 0.5, 0.5, 0.08)
    put(p, "circle", "cyan", 0.2, 0.8, 0.12)
    put(p, "triangle", "purple", 0.8, 0.2, 0.08)
    put(p, "square", "white", 0.8, 0.8, 0.12)
    keep(p, "four_things", quality=85)

    p = canvas(200, "#ffffff")
    put(p, "circle", "green", 0.3, 0.3, 0.12)
    put(p, "square", "red", 0.7, 0.65, 0.12)
    keep(p, "white_background", quality=80)

    p = canvas(200, "#333333")
    keep(p, "empty_table", quality=80)

    noise = np.random.Generator(np.random.Philox(7)).uniform(0, 255, (25, 25, 3)).astype(np.uint8)
    cloud = Image.fromarray(noise).resize((200 * SCALE,) * 2, Image.Resampling.BICUBIC)
    keep(cloud.filter(ImageFilter.GaussianBlur(9 * SCALE)), "photo_like", quality=60)

    p = canvas(200, "#333333")
    put(p, "star", "yellow", 0.5, 0.5, 0.16)
    keep(p, "star", quality=80)

    p = canvas(220, "#333333")
    names = list(COLOURS)
    for i in range(16):
        put(p, "circle", names[i % 8], 0.14 + 0.24 * (i % 4), 0.14 + 0.24 * (i // 4), 0.1)
    keep(p, "crowd", quality=80)


if __name__ == "__main__":
    main()
