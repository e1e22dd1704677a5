"""The few HTML parts a report is made of; every text is escaped here and nowhere else."""

import base64
import html
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NewType

Html = NewType("Html", str)
"""Text that is already HTML; only this module makes it from anything else."""


def text(value: object) -> Html:
    """Return ``value`` as escaped text."""
    return Html(html.escape(str(value)))


def join(parts: Iterable[Html]) -> Html:
    """Return the parts one after the other."""
    return Html("\n".join(parts))


def element(name: str, inside: Html, *, kind: str = "") -> Html:
    """Return one element, of CSS class ``kind``."""
    attribute = f' class="{html.escape(kind)}"' if kind else ""
    return Html(f"<{name}{attribute}>{inside}</{name}>")


def section(title: str, *parts: Html) -> Html:
    """Return a titled section."""
    return element("section", join([element("h2", text(title)), *parts]))


def missing(what: str, how: str) -> Html:
    """Return the plain statement that something is not there, and what would make it."""
    return element("p", text(f"Missing: {what}. {how}"), kind="missing")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """Return a table; the first column is text, the others are numbers."""
    top = element("tr", join(element("th", text(cell)) for cell in head))
    body = (element("tr", join(element("td", text(cell)) for cell in row)) for row in rows)
    inside = join([element("thead", top), element("tbody", join(body))])
    return element("div", element("table", inside), kind="scroll")


def picture(path: Path, *, description: str, kind: str = "") -> Html:
    """Return the PNG at ``path`` as an image that needs no file beside the page."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    label = html.escape(description, quote=True)
    attribute = f' class="{html.escape(kind)}"' if kind else ""
    return Html(f'<img{attribute} src="data:image/png;base64,{data}" alt="{label}">')


def captioned(inside: Html, caption: str) -> Html:
    """Return a figure with its caption below."""
    return element("figure", join([inside, element("figcaption", text(caption))]))


def page(*, title: str, style: str, body: Html) -> str:
    """Return the whole document; the policy makes a browser refuse whatever it does not hold."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{html.escape(title)}</title>
<style>
{style}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
