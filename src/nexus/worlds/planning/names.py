"""What things of planning are called: letters, colours, codes, places, and words that are none.

Three pools share no word; a made-up word or a code belongs to the pool its letters hash to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from nexus.worlds.dice import Dice
from nexus.worlds.theories.lexicon import made_up, pool_of


def _words(**texts: str) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType(
        {k: tuple(x.replace("-", " ") for x in v.split()) for k, v in texts.items()}
    )


REAL: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "train": _words(
            letters="a b c d e f g h j k l m",
            colours="red blue green white pink black grey silver golden scarlet",
            places="post-office harbour market north-depot old-bridge fire-station school "
            "gas-station town-hall library park west-gate hospital",
            airports="airfield north-airport west-airport old-airport main-airport "
            "eagle-field airstrip heliport sky-port",
            cities="paris oslo rome lima cairo boston lisbon delhi",
        ),
        "val": _words(
            letters="n o p q r",
            colours="brown purple violet cyan beige",
            places="bakery south-gate museum pier theatre mill-lane barn castle tower quarry",
            airports="hangar east-airport gull-field runway",
            cities="bern seoul prague perth",
        ),
        "test": _words(
            letters="s t u v w x y z",
            colours="orange yellow crimson turquoise teal magenta maroon indigo olive amber",
            places="train-station warehouse river-dock factory east-depot stadium farm bus-stop "
            "shopping-mall mine chapel",
            airports="landing-strip south-airport hawk-field aerodrome jet-port",
            cities="tokyo madrid quito dublin accra vienna hanoi",
        ),
    }
)
NOUNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "block": ("block",),
        "package": ("package", "package", "parcel"),
        "truck": ("truck",),
        "plane": ("plane", "airplane"),
        "place": ("location", "place"),
        "airport": ("airport",),
        "city": ("city",),
    }
)
"""What a thing of a type is called; ``nexus.reason.problems`` knows each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """How the things of one text are called."""

    pool: str
    blocks: str
    """"colours", "letters" or "made" up."""
    shape: str
    """How a block is spoken of: {} is its name."""
    nouns: bool
    """Whether packages, trucks, planes and airports are called so whenever they are met."""
    noun: Mapping[str, str]
    """Type -> what it is called."""


def style(dice: Dice, pool: str, *, mystery: bool) -> Style:
    """Return a random style."""
    blocks = dice.pick(("colours", "letters", "made"))
    if mystery:
        shape = dice.pick(("object {}", "object {}", "{}", "block {}"))
    elif blocks == "colours":
        shape = "the {} block"
    else:
        shape = dice.pick(("block {}", "block {}", "the block {}", "{}", "the {} block"))
    if blocks == "colours" and mystery and shape == "{}":
        shape = "the {} object"
    return Style(
        pool=pool,
        blocks=blocks,
        shape=shape,
        nouns=not mystery and dice.roll(3) > 0,
        noun={kind: dice.pick(words) for kind, words in NOUNS.items()},
    )


def block_names(dice: Dice, how: Style, count: int) -> list[str]:
    """Return different names for blocks."""
    real = () if how.blocks == "made" else REAL[how.pool][how.blocks]
    # "a" alone would be an article
    real = tuple(x for x in real if x != "a" or how.shape in ("block {}", "object {}"))
    found = [real[i] for i in dice.shuffled(len(real))][:count]
    while len(found) < count:
        _add(found, made_up(dice, "names", how.pool))
    return found


def thing_names(dice: Dice, how: Style, types: list[str]) -> list[str]:
    """Return different names for things of these types: codes, real names, words that are none."""
    found, sort = list[str](), {kind: dice.roll(3) for kind in NOUNS}
    lists = {"place": "places", "airport": "airports", "city": "cities"}
    for kind in types:
        before = len(found)
        while len(found) == before:
            if sort[kind] == 0:
                _add(found, _code(dice, kind, how.pool))
            elif sort[kind] == 1 and kind in lists and dice.roll(12):
                _add(found, dice.pick(REAL[how.pool][lists[kind]]))
            else:
                _add(found, made_up(dice, "names", how.pool))
    return found


def _code(dice: Dice, kind: str, pool: str) -> str:
    while True:
        code = dice.pick({"plane": "ap", "airport": "ax"}.get(kind, kind[0])) + str(dice.roll(60))
        if pool_of(code) == pool:
            return code


def _add(found: list[str], name: str) -> None:
    if name not in found:
        found.append(name)


def the(name: str) -> str:
    """Return a name with "the", where it is made of words.

    >>> the("post office"), the("l3")
    ('the post office', 'l3')
    """
    return (
        f"the {name}"
        if any(name in x[k] for x in REAL.values() for k in ("places", "airports"))
        else name
    )
