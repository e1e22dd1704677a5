"""A contact sheet: scenes side by side, each with its caption, a question and the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw, ImageFont

_PAPER: Final = (250, 249, 246)
_INK: Final = (34, 34, 38)
_FAINT: Final = (122, 120, 116)
_ANSWER: Final = (18, 104, 90)
_PICTURE: Final = 208
_GAP: Final = 24
_LINE: Final = 18


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """One scene on the sheet."""

    picture: Image.Image
    caption: str
    question: str
    answer: str


def contact_sheet(cards: Sequence[Card], *, title: str, columns: int = 4) -> Image.Image:
    """Return the cards in rows under a title; every row is as tall as its longest text needs."""
    columns = max(1, min(columns, len(cards)))
    text, head = ImageFont.load_default(size=14), ImageFont.load_default(size=20)
    rows = [cards[at : at + columns] for at in range(0, len(cards), columns)]
    told = [[_told(card, text) for card in row] for row in rows]
    heights = [_PICTURE + 10 + _LINE * max(map(len, row)) + _GAP for row in told]
    width = columns * (_PICTURE + _GAP) + _GAP
    sheet = Image.new("RGB", (width, sum(heights) + _GAP + 40), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((_GAP, _GAP - 4), title, fill=_INK, font=head)
    top = _GAP + 36
    for row, lines, height in zip(rows, told, heights, strict=True):
        for column, (card, own) in enumerate(zip(row, lines, strict=True)):
            left = _GAP + column * (_PICTURE + _GAP)
            shown = card.picture.convert("RGB").resize(
                (_PICTURE, _PICTURE), Image.Resampling.LANCZOS
            )
            sheet.paste(shown, (left, top))
            for at, (line, colour) in enumerate(own):
                pen.text((left, top + _PICTURE + 10 + at * _LINE), line, fill=colour, font=text)
        top += height
    return sheet


def _told(
    card: Card, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> list[tuple[str, tuple[int, int, int]]]:
    """Return the lines below a picture, each with its colour."""
    told = [(line, _FAINT) for line in _wrapped(card.caption, font)]
    told.append(("", _FAINT))
    told += [(line, _INK) for line in _wrapped(card.question, font)]
    return [*told, (card.answer, _ANSWER)]


def _wrapped(said: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    lines = [""]
    for word in said.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= _PICTURE:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]
