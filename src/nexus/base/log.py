"""How log records reach a person; called by interfaces only, so a library's host keeps its own."""

import logging
import sys

_HANDLER = "nexus"


def set_up(*, verbose: bool = False) -> None:
    """Send warnings (``verbose``: everything) of this project to stderr; stdout is for results."""
    logger = logging.getLogger("nexus")
    logger.setLevel(logging.DEBUG if verbose else logging.WARNING)
    logger.propagate = False
    for old in [h for h in logger.handlers if h.name == _HANDLER]:
        logger.removeHandler(old)  # it may hold a stderr that has since been replaced
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name(_HANDLER)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
    logging.getLogger("PIL").setLevel(logging.CRITICAL)  # what it logs, it raises as well
