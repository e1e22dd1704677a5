"""How questions are worded: several usual wordings a family, and one kept for split "templates".

In a wording ``{0}``, ``{1}``, ``{2}`` are noun phrases (``:a`` with "a", ``:the`` with "the",
``:s`` plural), ``{rel}`` and ``{rel2}`` relations, ``{attr}`` an attribute, ``{colour}`` a colour.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """One way to put a question."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """Questions that share a meaning: the kind they count as, and their wordings."""

    kind: str
    usual: tuple[Wording, ...]
    held_out: tuple[Wording, ...]


def _family(name: str, kind: str, *texts: str) -> tuple[str, Family]:
    """Return a family whose last text is the held-out one."""
    wordings = tuple(Wording(name=f"{name}.{i}", text=text) for i, text in enumerate(texts))
    return name, Family(kind=kind, usual=wordings[:-1], held_out=wordings[-1:])


def _supposed(name: str, supposition: str, *questions: str) -> tuple[str, Family]:
    """Return a hypothetical family: three openings with the question; the last pair is held out."""
    openings = {
        "remove": ("if {0:the} were removed, ", "suppose {0:the} were taken away: "),
        "recolour": ("if {0:the} were painted {colour}, ", "suppose {0:the} were made {colour}: "),
    }[supposition]
    held = {
        "remove": "suppose {0:the} were removed: ",
        "recolour": "suppose {0:the} were painted {colour}: ",
    }[supposition]
    texts = [opening + question for opening in openings for question in questions]
    return _family(name, "hypothetical", *texts, held + questions[0])


_COMPARED: Final = {"more": ("more", "greater"), "fewer": ("fewer", "less")}

FAMILIES: Final[Mapping[str, Family]] = dict(
    [
        _family(
            "exist",
            "exist",
            *("is there {0:a}?", "are there any {0:s}?", "can you see {0:a}?"),
            *("does the picture show {0:a}?", "do you see any {0:s}?"),
        ),
        _family(
            "count",
            "count",
            *("how many {0:s} are there?", "how many {0:s} can you see?"),
            *("what is the number of {0:s}?", "count the {0:s}."),
            "how many {0:s} does the picture show?",
        ),
        _family(
            "query",
            "query",
            *("what {attr} is {0:the}?", "what is the {attr} of {0:the}?"),
            *("which {attr} does {0:the} have?", "which {attr} is {0:the}?"),
        ),
        *(
            _family(
                name,
                "compare",
                f"are there {word} {{0:s}} than {{1:s}}?",
                f"can you see {word} {{0:s}} than {{1:s}}?",
                f"is the number of {{0:s}} {size} than the number of {{1:s}}?",
                f"does the picture show {word} {{0:s}} than {{1:s}}?",
            )
            for name, (word, size) in _COMPARED.items()
        ),
        _family(
            "equal",
            "compare",
            "are there as many {0:s} as {1:s}?",
            "is the number of {0:s} the same as the number of {1:s}?",
            *("does the picture show as many {0:s} as {1:s}?",),
            "can you see as many {0:s} as {1:s}?",
        ),
        _family(
            "same",
            "compare",
            "are {0:the} and {1:the} the same {attr}?",
            "do {0:the} and {1:the} have the same {attr}?",
            "does {0:the} have the same {attr} as {1:the}?",
            "is {0:the} the same {attr} as {1:the}?",
        ),
        _family(
            "holds",
            "relation",
            *("is {0:the} {rel} {1:the}?", "does {0:the} lie {rel} {1:the}?"),
            *(
                "is it true that {0:the} is {rel} {1:the}?",
                "can you see that {0:the} is {rel} {1:the}?",
            ),
        ),
        _family(
            "related exist",
            "relation",
            *("is there {0:a} {rel} {1:the}?", "are there any {0:s} {rel} {1:the}?"),
            *("can you see {0:a} {rel} {1:the}?", "does the picture show {0:a} {rel} {1:the}?"),
        ),
        _family(
            "related count",
            "relation",
            *("how many {0:s} are {rel} {1:the}?", "how many {0:s} are there {rel} {1:the}?"),
            "what is the number of {0:s} {rel} {1:the}?",
            "how many {0:s} can you see {rel} {1:the}?",
        ),
        _family(
            "related query",
            "relation",
            "what {attr} is {0:the} {rel} {1:the}?",
            "what is the {attr} of {0:the} {rel} {1:the}?",
            "which {attr} does {0:the} {rel} {1:the} have?",
            "which {attr} is {0:the} {rel} {1:the}?",
        ),
        _family(
            "chained query",
            "relation",
            "what {attr} is {0:the} {rel} {1:the} that is {rel2} {2:the}?",
            "what is the {attr} of {0:the} {rel} {1:the} that is {rel2} {2:the}?",
            "which {attr} is {0:the} {rel} {1:the} that is {rel2} {2:the}?",
        ),
        _supposed("remove count", "remove", "how many {1:s} would there be?"),
        _supposed("recolour count", "recolour", "how many {1:s} would there be?"),
        _supposed(
            "remove exist",
            "remove",
            *("would there be {1:a}?", "would there be any {1:s}?"),
        ),
        _supposed(
            "recolour exist",
            "recolour",
            *("would there be {1:a}?", "would there be any {1:s}?"),
        ),
        _supposed("remove more", "remove", "would there be more {1:s} than {2:s}?"),
        _supposed("recolour more", "recolour", "would there be more {1:s} than {2:s}?"),
    ]
)
KINDS: Final = ("exist", "count", "query", "compare", "relation", "hypothetical")
