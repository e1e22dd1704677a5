"""The base form of an English word, and the other forms of a base form.

The symbol of a word is its base form, so "chases", "chase" and "is chased" come to one symbol. What
is regular follows rules of spelling; what is not is in two small tables. Names and adjectives have
one form. Which part of speech a word is has to be known: "tired" is an adjective, or of "tire".
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def _table(text: str) -> Mapping[str, str]:
    return MappingProxyType(dict(pair.split("-") for pair in text.split()))


PLURALS: Final = _table(
    "person-people man-men woman-women child-children mouse-mice goose-geese ox-oxen tooth-teeth "
    "foot-feet wolf-wolves calf-calves elf-elves thief-thieves wife-wives knife-knives leaf-leaves "
    "half-halves loaf-loaves shelf-shelves sheep-sheep fish-fish deer-deer moose-moose bison-bison "
    "lens-lenses hero-heroes potato-potatoes tomato-tomatoes canoe-canoes species-species "
    "series-series crisis-crises atlas-atlases gas-gases bus-buses quiz-quizzes"
)
"""Base form -> plural, where spelling does not tell."""
PARTICIPLES: Final = _table(
    "see-seen eat-eaten know-known bite-bitten choose-chosen find-found hold-held teach-taught "
    "tell-told catch-caught feed-fed lead-led meet-met hit-hit hurt-hurt beat-beaten take-taken "
    "give-given drive-driven ride-ridden draw-drawn throw-thrown show-shown hide-hidden "
    "forget-forgotten buy-bought sell-sold send-sent keep-kept leave-left make-made win-won "
    "fight-fought seek-sought hear-heard understand-understood bring-brought build-built "
    "forgive-forgiven free-freed flee-fled shake-shaken steal-stolen wake-woken wear-worn "
    "soothe-soothed invite-invited create-created add-added change-changed guide-guided "
    "excite-excited unite-united "
    "honor-honored favor-favored color-colored harbor-harbored postpone-postponed focus-focused "
    "challenge-challenged control-controlled patrol-patrolled"
)
"""Base form -> participle, where spelling does not tell."""
_SINGULARS: Final = {plural: base for base, plural in PLURALS.items()}
_BASES: Final = {participle: base for base, participle in PARTICIPLES.items()}
_THIRD: Final = {"has": "have", "does": "do", "goes": "go", "focuses": "focus", "aches": "ache"}
_HISS: Final = ("s", "x", "z", "ch", "sh")
_VOWEL: Final = "aeiou"
_MUTE: Final = re.compile(  # stems of regular participles whose base form ends in a mute e
    r"(.*[vuz]|.*c|.*dg|.*rg|.*[aeiounrl]s|.*[bcdfgkptz]l|.*[^aeo]at|.*id|.*ag|.*ir|.*ur|.*ar|"
    r".*or|.*om|.*[^aeou]in)"
)
_ENDS: Final = re.compile(r".*(o[aiou]d|[aei]id|ea[dgmr]|[aeo][ai]r|oor|oom|[ai]ur|oul)")


def singular(word: str) -> str:
    """Return the base form of a noun, given in singular or plural.

    >>> singular("wumpuses"), singular("ponies"), singular("cats"), singular("wumpus")
    ('wumpus', 'pony', 'cat', 'wumpus')
    """
    if word in _SINGULARS or word in PLURALS:
        return _SINGULARS.get(word, word)
    if word.endswith(("ss", "us", "is")) or not word.endswith("s") or len(word) < 3:
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith("es"):
        stem = word[:-2]
        hissed = stem.endswith(("ss", "x", "ch", "sh", "zz"))
        if hissed or (stem.endswith("us") and stem[-3:-2] not in _VOWEL):
            return stem
    return word[:-1]


def plural(noun: str) -> str:
    """Return the plural of a noun's base form."""
    if noun in PLURALS:
        return PLURALS[noun]
    if noun.endswith("y") and noun[-2:-1] not in _VOWEL:
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(_HISS) else f"{noun}s"


def third(verb: str) -> str:
    """Return the form of a verb that goes with "it"."""
    found = next((form for form, base in _THIRD.items() if base == verb), "")
    if found:
        return found
    if verb.endswith("y") and verb[-2:-1] not in _VOWEL:
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith((*_HISS, "o")) else f"{verb}s"


def participle(verb: str) -> str:
    """Return the form of a verb that goes with "by": "chased", "seen"."""
    if verb in PARTICIPLES:
        return PARTICIPLES[verb]
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2:-1] not in _VOWEL:
        return f"{verb[:-1]}ied"
    short = re.fullmatch(r"([^aeiou]|(?<=q)u)*[aeiou][bdgklmnprt]", verb)
    return f"{verb}{verb[-1]}ed" if short else f"{verb}ed"


def base(word: str) -> str:
    """Return the base form of a verb, given as such, in the third person or as a participle.

    >>> base("chases"), base("carried"), base("hugged"), base("visited"), base("seen")
    ('chase', 'carry', 'hug', 'visit', 'see')
    """
    if word in _THIRD or word in _BASES or word in PARTICIPLES:
        return _THIRD.get(word) or _BASES.get(word, word)
    if word.endswith("ied") and len(word) > 3:
        return f"{word[:-3]}y" if len(word) > 4 else word[:-1]
    if word.endswith("ed") and not word.endswith("eed") and re.search("[aeiouy]", word[:-2]):
        return _unmarked(word[:-2])
    if word.endswith(("ss", "us", "is")) or not word.endswith("s") or len(word) < 3:
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y" if len(word) > 4 else word[:-1]
    if word.endswith("es") and word[:-2].endswith(("ss", "x", "ch", "sh", "zz", "o")):
        return word[:-2]
    return word[:-1]


def _unmarked(stem: str) -> str:
    """Return the base form of a regular participle less its "ed"."""
    if stem[-1:] == stem[-2:-1] and stem[-1] not in _VOWEL:
        monosyllable = len(re.findall(r"[aeiouy]+", stem)) == 1
        keep = stem[-1] in "sfz" or (stem[-1] == "l" and monosyllable)
        return stem if keep else stem[:-1]
    if re.fullmatch(r"(qu|[^aeiou])*[aeiou][bdgklmnprt]", stem):
        return f"{stem}e"  # one short syllable would have doubled its consonant
    if _ENDS.fullmatch(stem) or (stem.endswith("er") and len(stem) > 3):
        return stem
    return f"{stem}e" if _MUTE.fullmatch(stem) else stem


def article(noun: str) -> str:
    """Return a noun with "a" or "an" before it."""
    return f"an {noun}" if noun[:1].lower() in _VOWEL else f"a {noun}"
