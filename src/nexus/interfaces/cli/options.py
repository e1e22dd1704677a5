"""The options several commands share, declared once, and the errors of usage."""

from typing import Annotated, TypeAlias

import tyro

Json: TypeAlias = Annotated[
    bool, tyro.conf.arg(name="json", help="Print one JSON object as the last line.")
]
RunName: TypeAlias = Annotated[
    str, tyro.conf.arg(name="run", metavar="NAME", help="Run: a name in runs/, or a path with a /.")
]


class UsageError(Exception):
    """Options that do not go together; the command line answers with exit code 2."""
