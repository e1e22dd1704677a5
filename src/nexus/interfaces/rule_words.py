"""Learned rules in words, for the terminal and for programs."""

from dataclasses import asdict
from typing import Any

from nexus.evaluate.rules import Support
from nexus.train.rules import Learned


def learned_lines(learned: Learned) -> list[str]:
    """Return the rules, what they explain, and what was checked."""
    count = "1 rule" if len(learned.rules) == 1 else f"{len(learned.rules)} rules"
    seen, held = learned.learned, learned.held_out
    return [
        f"{learned.target}: {count}, from {learned.clauses} clauses,"
        f" {learned.cpu_s:.1f} CPU-seconds",
        *(f"  {rule}" for rule in learned.rules),
        f"learned from: {_support(seen)}",
        f"held out ({learned.by}): {_support(held)}",
        f"checked: {seen.checked + held.checked} proofs and models accepted,"
        f" {seen.refused + held.refused} refused",
    ]


def _support(seen: Support) -> str:
    return (
        f"{seen.explained} of {seen.positive} positive examples explained,"
        f" {seen.wrong} of {seen.negative} negative ones wrong"
    )


def learned_json(learned: Learned) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "target": learned.target,
        "rules": [str(rule) for rule in learned.rules],
        "learned": asdict(learned.learned),
        "held_out": {**asdict(learned.held_out), "by": learned.by},
        "refused": learned.refused,
        "clauses": learned.clauses,
        "cpu_s": round(learned.cpu_s, 2),
    }
