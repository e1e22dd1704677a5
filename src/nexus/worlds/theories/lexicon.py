"""The words theories are about: three pools that share none, and as many made-up words as needed.

A made-up word belongs to the pool its letters hash to, so no split ever meets one of another's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from zlib import crc32

from nexus.logic.lemmas import base, participle, plural, singular, third
from nexus.worlds.dice import Dice

POOLS: Final = ("train", "val", "test")
SORTS: Final = ("names", "animals", "adjectives", "verbs", "kinds")


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """Base forms, by sort; of no word is there one twice."""

    names: tuple[str, ...]
    """Of persons, in lower case."""
    animals: tuple[str, ...]
    """What is spoken of with "the"; of one word or two."""
    adjectives: tuple[str, ...]
    verbs: tuple[str, ...]
    """That take an object."""
    kinds: tuple[str, ...]
    """Count nouns."""

    def of(self, sort: str) -> tuple[str, ...]:
        """Return the words of one of ``SORTS``."""
        words: tuple[str, ...] = getattr(self, sort)
        return words


def _words(**texts: str) -> Words:
    lists = {sort: tuple(word.replace("-", " ") for word in texts[sort].split()) for sort in SORTS}
    return Words(**lists)


REAL: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "train": _words(
            names="anne bob charlie dave erin fiona gary harry alan carol emma frank grace helen "
            "ivan jane kevin laura martin nina oscar paul rita simon tina uma victor wendy alice "
            "bruno clara daniel edith felix",
            animals="bear cat cow dog lion mouse rabbit squirrel tiger bald-eagle fox goose deer "
            "owl pig sheep snake frog ant bee crow donkey elephant hamster giant-panda sea-urchin "
            "teacher baker king farmer robot",
            adjectives="big blue cold furry green kind nice quiet red rough round smart "
            "white young sad rich tall loud small poor strong weak short heavy happy angry old "
            "clean dirty soft hard slow fast bright dark calm curious lazy wet dry thin fat sleepy "
            "tired famous scared thirsty lonely bored careless bitter floral",
            verbs="chase eat like need see visit help follow know hate push pull watch admire "
            "carry hug fear miss call kiss obey teach guard tie draw bite wash praise trust feed "
            "judge ignore surprise greet notice",
            kinds="animal mammal bird plant tool machine vehicle insect toy doctor painter singer "
            "pilot nurse dancer house box glass city berry fly wolf shape number molecule",
        ),
        "val": _words(
            names="becky dylan george hugo irene jacob karen leo megan norman olga peter",
            animals="badger camel duck hedgehog moose otter parrot seal turtle water-vole queen "
            "sailor",
            adjectives="brown clever fierce gentle huge jolly proud purple silly stout warm "
            "wicked grumpy jealous excited pale wild mild",
            verbs="bother cheer defend fetch guide inspect mock respect thank choose",
            kinds="fruit reptile wagon lawyer poet bench fish lady knife boss",
        ),
        "test": _words(
            names="zoe omar priya quentin rosa sven tara ulrich vera walter xavier yvonne",
            animals="beaver dolphin barn-swallow giraffe goat heron kangaroo llama walrus "
            "wolverine snow-leopard zebra butcher princess",
            adjectives="brave shiny polite hungry noisy orange tiny slender gloomy serious plump "
            "spotted confused nervous modest cruel yellow crooked stiff",
            verbs="amuse bully entertain find hunt protect scold startle warn attack tease",
            kinds="rodent cactus hero weapon tailor witch canary thief dwarf goddess herb",
        ),
    }
)

_ONSETS: Final = "b c d f g h j l m n p r s t v w y z br cl cr dr fl fr gl gr pl pr sl sn sp st tr"
_CODAS: Final = "b ck d ff g l ll m mp n nd ng nk nt p r rd rm rn rt sk st t x"
_START: Final = tuple(_ONSETS.split())
_STOP: Final = tuple(_CODAS.split())


def made_up(dice: Dice, sort: str, pool: str) -> str:
    """Return a pronounceable word that is none, of this pool."""
    while True:
        word = dice.pick(_START) + dice.pick("aeiou") + dice.pick(_STOP)
        if dice.roll(3):
            word += dice.pick("aeiou") + dice.pick(("", *_STOP))
        if sort == "kinds" and dice.roll(2):
            word = dice.pick(_START) + dice.pick("aeiou") + dice.pick(_MIDDLE) + "pus"
        if sort == "verbs" and dice.roll(3) == 0:
            word = word.rstrip("aeiou") + "e"
        if len(word) > 4 and pool_of(word) == pool and _bends(word, sort) and word not in _KNOWN:
            return word


_MIDDLE: Final = ("m", "r", "l", "n", "s", "")


def pool_of(word: str) -> str:
    """Return to which pool a made-up word belongs."""
    return ("train", "train", "val", "test")[crc32(word.encode()) % 4]


def _bends(word: str, sort: str) -> bool:
    """Whether base forms come back from all forms of the word."""
    if sort == "verbs":
        return {base(third(word)), base(participle(word)), base(word)} == {word}
    return sort != "kinds" or singular(plural(word)) == word == singular(word)


_FUNCTION: Final = (
    "a an the is are not and or if then all every each any no some someone something they it he "
    "she them him her who that which people person things thing only unless but nor neither both "
    "do does be been being by with to of in on at as so when while true false case fact know"
)
_KNOWN: Final = frozenset(
    word
    for words in REAL.values()
    for sort in SORTS
    for phrase in words.of(sort)
    for word in (*phrase.split(), plural(phrase), third(phrase))
) | frozenset(_FUNCTION.split())


def drawn(dice: Dice, pool: str, sort: str, count: int, made: int) -> list[str]:
    """Return ``count`` words of a sort and pool, no two with one end; ``made`` in 4 are made up.

    Of animals to train on, every second has a made-up word before its name: too few names of two
    words are real for it to be learnt that any words may make one.
    """
    found = list[str]()
    real: Sequence[str] = REAL[pool].of(sort)
    while len(found) < count:
        word = made_up(dice, sort, pool) if dice.roll(4) < made else dice.pick(real)
        if pool == "train" and sort == "animals" and dice.roll(2) == 0 and " " not in word:
            word = f"{made_up(dice, sort, pool)} {word}"
        ends = {name.split()[-1] for name in found}
        if made == 0 and {name.split()[-1] for name in real} <= ends:  # all are taken
            word = made_up(dice, sort, pool)
        if word.split()[-1] not in ends:  # beside "the grey deer", "the deer" is no name
            found.append(word)
    return found
