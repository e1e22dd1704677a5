"""How results reach the terminal: text for people, one last line of JSON for programs."""

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def say(*lines: str) -> None:
    """Print lines for a person."""
    for line in lines:
        print(line)


def tell(line: str) -> None:
    """Say on stderr what happens now, so that stdout keeps to results."""
    print(line, file=sys.stderr, flush=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Print ``value`` on one line; what JSON has no word for becomes a path's text or null."""
    print(json.dumps(_plain(value), ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


def print_results(results: Mapping[str, Mapping[str, Any]]) -> None:
    """Print a table of every suite's figures beside their floors."""
    from rich.console import Console
    from rich.table import Table

    from nexus.interfaces.report.contents import evaluation
    from nexus.interfaces.wording import number

    table = Table("suite", "figure")
    for name in ("value", "floor", "margin", "items"):
        table.add_column(name, justify="right")
    for suite, result in results.items():
        for figure in evaluation(result).figures:
            margin = number(figure.margin, sign=True)
            cells = (number(figure.value), number(figure.floor), margin, number(figure.n))
            table.add_row(suite, figure.name.replace("_", " "), *cells)
    Console(markup=False, highlight=False).print(table)
