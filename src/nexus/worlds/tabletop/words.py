"""Every word the table's language can contain: what tells a strange word in a question."""

from functools import lru_cache

from nexus.worlds.tabletop.captions import OPENINGS
from nexus.worlds.tabletop.language import lexicon, split_words
from nexus.worlds.tabletop.looks import LOOK_ANSWERS, texts
from nexus.worlds.tabletop.templates import FAMILIES


@lru_cache(maxsize=1)
def words() -> frozenset[str]:
    """Return every lower-case word of captions, questions, looks, steps and answers."""
    told = [*OPENINGS, "is it and", *texts(), *LOOK_ANSWERS]
    for family in FAMILIES.values():
        told += [
            wording.text.format(*[_Hole()] * 3, rel="", rel2="", attr="", colour="")
            for wording in (*family.usual, *family.held_out)
        ]
    return lexicon() | {word for text in told for word in split_words(text)}


class _Hole:
    """Stands where a noun phrase goes and says nothing."""

    def __format__(self, form: str) -> str:
        return ""
