"""The slow route's reader: a question's words, and nothing else, to a query or an abstention."""

from nexus.reason.parser.reading import Parser, Reading, build

__all__ = ["Parser", "Reading", "build"]
