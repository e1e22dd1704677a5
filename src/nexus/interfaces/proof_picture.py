"""A proof as a picture: what is concluded stands above what it rests on, one card a step.

Plain SVG without scripts, fonts or links; it follows the reader's light or dark colours, and says
the whole proof as text to who cannot see it.
"""

import re
from html import escape
from typing import Final

from nexus.base.errors import LanguageError
from nexus.decide.proving import Conclusion
from nexus.logic.engines.prove import Row, rows, tree
from nexus.logic.english import sentence
from nexus.logic.proofs import Status
from nexus.logic.theory import Literal, Sign, Theory

_CARD: Final = 560
_TALL: Final = 50
_GAP: Final = 10
_INDENT: Final = 30
_EDGE: Final = 20
_TOP: Final = 64
"""Width and height of a card, room between two, how much deeper a level is; the margins."""
_SAID: Final = 58
_WHY: Final = 74
"""Most characters of either line of a card; the rest is in its tooltip."""
MOST: Final = 400
"""Most cards; what does not fit is counted."""
_DEEP: Final = 16
"""Levels that are drawn deeper than the one above; proofs may have hundreds."""
_STYLE: Final = """
.page{fill:#fcfcfa}.card{fill:#fff;stroke:#b9bec7}.said{fill:#1b1f24}.why{fill:#57606a}
.line{stroke:#b9bec7;fill:none}.given .mark{fill:#1a7f5a}.rule .mark{fill:#2f6fd0}
.absent .mark,.model .mark{fill:#b35900}.again .mark{fill:#8b929c}
.absent .card,.again .card{stroke-dasharray:4 3}
text{font-family:system-ui,-apple-system,"Segoe UI",sans-serif}
.head{font-size:17px;font-weight:600}.said{font-size:15px}.why{font-size:12.5px}
@media (prefers-color-scheme:dark){.page{fill:#14171a}.card{fill:#1e2328;stroke:#48505a}
.said{fill:#e8eaed}.why{fill:#a8b0ba}.line{stroke:#5a636e}.given .mark{fill:#4cc38a}
.rule .mark{fill:#79aefc}.absent .mark,.model .mark{fill:#f0a04b}.again .mark{fill:#8b929c}}
"""


def proof_picture(conclusion: Conclusion) -> str:
    """Return the proofs of a conclusion as an SVG document; nothing where there is none."""
    answer, theory, text = conclusion.answer, conclusion.theory, conclusion.asked.context
    if answer is None or theory is None or not answer.proofs:
        return ""
    each = [row for proof in answer.proofs for row in rows(proof, theory, text)]
    said = [line for proof in answer.proofs for line in tree(proof, theory, text)]
    title = _headline(conclusion)
    cards, height = _cards(each[:MOST], theory), _TOP + len(each[:MOST]) * (_TALL + _GAP)
    deepest = max(min(row.depth, _DEEP) for row in each)
    width = 2 * _EDGE + _CARD + deepest * _INDENT
    note = f"and {len(each) - MOST} more steps" if len(each) > MOST else "checked: valid"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" '
        f'viewBox="0 0 {width} {height + 34}" width="{width}" height="{height + 34}">\n'
        f'<title id="title">{_clean(title)}</title>\n'
        f'<desc id="desc">{_clean(chr(10).join(said))}</desc>\n'
        f"<style>{_STYLE}</style>\n"
        f'<rect class="page" width="100%" height="100%"/>\n'
        f'<text class="said head" x="{_EDGE}" y="38">{_clean(_short(title, _WHY))}</text>\n'
        f"{cards}"
        f'<text class="why" x="{_EDGE}" y="{height + 18}">{note}</text>\n'
        "</svg>\n"
    )


def _headline(conclusion: Conclusion) -> str:
    if conclusion.status is Status.UNSAT:
        return "The text contradicts itself: two proofs"
    asked = conclusion.asked.question.strip()
    return f"{asked} {conclusion.said.capitalize()}, in a world that is {conclusion.asked.world}."


def _cards(each: list[Row], theory: Theory) -> str:
    """Return the cards with their connecting lines; each hangs from the last one a level up."""
    parts, above = list[str](), dict[int, int]()
    for at, row in enumerate(each):
        depth, y = min(row.depth, _DEEP), _TOP + at * (_TALL + _GAP)
        x = _EDGE + depth * _INDENT
        if row.depth and depth - 1 in above:
            begin, middle = above[depth - 1] + _TALL, y + _TALL // 2
            parts.append(f'<path class="line" d="M{x - 15} {begin}V{middle}H{x}"/>')
        above[depth] = y
        parts.append(_card(row, theory, x, y))
    return "\n".join([*parts, ""])


def _card(row: Row, theory: Theory, x: int, y: int) -> str:
    said, why = _told(row.literal, theory), row.why
    if row.quoted:
        why += f': "{" ".join(row.quoted.split())}"'
    symbols = f"{row.literal}  ·  " if said != str(row.literal) else ""
    return (
        f'<g class="{row.kind}"><title>{_clean(f"{row.literal}: {why}")}</title>'
        f'<rect class="card" x="{x}" y="{y}" width="{_CARD}" height="{_TALL}" rx="6"/>'
        f'<rect class="mark" x="{x}" y="{y}" width="5" height="{_TALL}" rx="2"/>'
        f'<text class="said" x="{x + 18}" y="{y + 21}">{_clean(_short(said, _SAID))}</text>'
        f'<text class="why" x="{x + 18}" y="{y + 40}">{_clean(_short(symbols + why, _WHY))}</text>'
        "</g>"
    )


def _told(literal: Literal, theory: Theory) -> str:
    """Return a literal in English where there are simple words for it."""
    plain = Literal(literal.atom, Sign.HOLDS if literal.sign is Sign.ABSENT else literal.sign)
    try:
        said = sentence(plain, theory.words)
    except LanguageError:
        return str(literal)
    return f"Nothing says: {said}" if literal.sign is Sign.ABSENT else said


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _clean(text: str) -> str:
    """Return text that XML can hold, escaped."""
    return escape(re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", text))
