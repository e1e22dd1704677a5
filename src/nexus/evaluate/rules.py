"""What rules explain of a lesson, by the engine, and with every word of it checked.

Each positive example that follows is proved and the proof checked; of each family the whole model
is checked once, so that what does not follow is known not to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nexus.base.records import Atom
from nexus.logic.engines.budget import Budget
from nexus.logic.engines.datalog import Model, derive
from nexus.logic.engines.prove import prove
from nexus.logic.lessons import Family, Lesson
from nexus.logic.proofs import Status
from nexus.logic.theory import Literal, Rule, Theory
from nexus.verify.proofs import check_proof

BUDGET = Budget(facts=20_000, steps=500_000, seconds=10.0)
"""Of one family."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Support:
    """How far rules and the examples of a lesson agree."""

    explained: int
    """Positive examples that follow, by a proof that was checked."""
    positive: int
    wrong: int
    """Negative examples that follow."""
    negative: int
    checked: int
    """Proofs and models that the checker accepted."""
    refused: int
    """Those it refused, and models that were too large; what they say counts for nothing."""

    @property
    def recall(self) -> float:
        """Share of the positive examples that is explained."""
        return self.explained / max(1, self.positive)

    @property
    def precision(self) -> float:
        """Share of positive ones among the examples that follow; 0 where none does."""
        return self.explained / max(1, self.explained + self.wrong)

    def reaches(self, least: float) -> bool:
        """Return whether both shares are at least so much, and nothing was refused."""
        return min(self.recall, self.precision) >= least and not self.refused


def theory_of(family: Family, rules: Sequence[Rule]) -> Theory:
    """Return the facts of a family with rules, in a closed world: examples are not in it."""
    return Theory(facts=tuple(Literal(x) for x in family.facts), rules=tuple(rules))


def support(rules: Sequence[Rule], lesson: Lesson) -> Support:
    """Return how far the rules explain the examples of a lesson."""
    explained = wrong = checked = refused = 0
    for family in lesson.families:
        theory = theory_of(family, rules)
        for atom in family.positive:
            answer = prove(theory, Literal(atom), BUDGET)
            if answer.status is Status.PROVED:
                valid = check_proof(answer.proofs[0], theory, asked=Literal(atom)).valid
                explained, checked, refused = (
                    explained + valid,
                    checked + valid,
                    refused + (not valid),
                )
        whole = _checked_model(theory, lesson)
        checked, refused = checked + (whole is not None), refused + (whole is None)
        wrong += sum(whole is None or Literal(x) in whole for x in family.negative)
    positive, negative = lesson.count
    return Support(
        explained=explained,
        positive=positive,
        wrong=wrong,
        negative=negative,
        checked=checked,
        refused=refused,
    )


def _checked_model(theory: Theory, lesson: Lesson) -> frozenset[Literal] | None:
    """Return everything that follows, if the checker agrees that it is everything."""
    # of a thing that is in no fact nothing follows, so its proof carries the whole model
    goal = Literal((lesson.target, *["nobody"] * lesson.arity))
    answer = prove(theory, goal, BUDGET)
    if answer.status is not Status.REFUTED or not check_proof(answer.proofs[0], theory).valid:
        return None
    return frozenset(step.literal for step in answer.proofs[0].model)


def verdicts(rules: Sequence[Rule], lesson: Lesson) -> Mapping[tuple[int, Atom], bool]:
    """Return for each example, by family and atom, whether it follows; of no model, that not."""
    found = dict[tuple[int, Atom], bool]()
    for number, family in enumerate(lesson.families):
        model = derive(theory_of(family, rules), BUDGET)
        for atom in (*family.positive, *family.negative):
            found[number, atom] = isinstance(model, Model) and Literal(atom) in model
    return found


def mistakes(rules: Sequence[Rule], lesson: Lesson) -> int:
    """Return how many examples the rules get wrong, by the engine alone: quick, for searching."""
    found = verdicts(rules, lesson)
    return sum(
        found[number, atom] is not right
        for number, family in enumerate(lesson.families)
        for right, atoms in ((True, family.positive), (False, family.negative))
        for atom in atoms
    )
