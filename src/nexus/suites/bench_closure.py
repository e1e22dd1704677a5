"""How fast is proving? The closure of a family tree with a reason for every pair, beside clingo.

clingo is given the program as text and is timed until it has grounded and solved it; it keeps no
reasons, and nothing is read out of it. Ours is timed from the theory to the model, checks and all.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable
from typing import Any, Final

from nexus.logic.engines.datalog import Model, derive
from nexus.logic.theory import Literal, Rule, Theory
from nexus.logic.writing import clingo as written

PEOPLE: Final = 1000
GENERATION: Final = 60
"""A parent was born at most so many people before."""
ROUNDS: Final = 21


def family(people: int = PEOPLE) -> Theory:
    """Return who is whose parent, drawn once and for all, and what an ancestor is."""
    rng = random.Random(0)
    born = ((rng.randint(max(0, i - GENERATION), i - 1), i) for i in range(1, people + 1))
    x, y, z = "?x", "?y", "?z"
    step = (Literal(("parent", x, y)), Literal(("anc", y, z)))
    return Theory(
        facts=tuple(Literal(("parent", f"p{a}", f"p{b}")) for a, b in born),
        rules=(
            Rule(head=Literal(("anc", x, y)), body=(Literal(("parent", x, y)),)),
            Rule(head=Literal(("anc", x, z)), body=step),
        ),
    )


def bench_closure(people: int = PEOPLE, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return the figures of suite ``closure``: CPU time, in turn; medians and quartiles."""
    started = time.process_time()
    theory = family(people)
    text = written(theory)
    pairs = {"ours": _ours(theory), "clingo": _theirs(text, read=True)}
    assert len(set(pairs.values())) == 1, f"the closures differ: {pairs}"
    ours, theirs, read = list[float](), list[float](), list[float]()
    for _ in range(rounds):
        ours.append(_timed(lambda: _ours(theory)))
        theirs.append(_timed(lambda: _theirs(text, read=False)))
        read.append(_timed(lambda: _theirs(text, read=True)))
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    low, _, high = statistics.quantiles(ratios, n=4)
    median = statistics.median
    return {
        "suite": "closure",
        "figures": {
            "vs_clingo_x": {
                "value": round(median(theirs) / median(ours), 3),
                "low": round(low, 3),
                "high": round(high, 3),
                "n": pairs["ours"],
                "seeds": 1,
            }
        },
        "milliseconds": {
            "with_reasons": round(1000 * median(ours), 2),
            "clingo": round(1000 * median(theirs), 2),
            "clingo_and_every_pair_read": round(1000 * median(read), 2),
        },
        "recipe": "",
        "hash": "",
        "cpu_s": round(time.process_time() - started, 3),
    }


def _timed(work: Callable[[], object]) -> float:
    gc.collect()  # neither pays for what the other left behind
    started = time.process_time()
    work()
    return time.process_time() - started


def _ours(theory: Theory) -> int:
    """Derive the closure; return how many pairs it has."""
    model = derive(theory)
    assert isinstance(model, Model), str(model)
    return len(model) - len(theory.facts)


def _theirs(text: str, *, read: bool) -> int:
    """Let clingo derive the closure; return how many pairs it has, if they are read out of it."""
    import clingo

    control = clingo.Control()
    control.add("base", [], text)
    control.ground([("base", [])])
    control.solve()
    return sum(1 for _ in control.symbolic_atoms.by_signature("anc", 2)) if read else 0
