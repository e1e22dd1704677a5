"""The trusted checker of proofs from theories; it shares no code with an engine.

Where a proof rests on what does not follow, its model must be *closed* (no rule has an instance
whose body holds in it and whose head does not) and *supported* (each member is a fact, or follows
from earlier members with nothing absent among them all). Of a theory that is stratified exactly
one set is both, and that is what follows from it: stratum by stratum, a set with more has a member
without support, and a set with less is not closed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final, TypeAlias

from nexus.base.errors import NexusError
from nexus.base.records import Verdict
from nexus.logic.proofs import Proof, Status, Step
from nexus.logic.theory import Literal, Rule, Sign, Theory, World, checked, strata

MOST: Final = 5_000_000
"""Most matches tried before a model counts as too large to check."""
_Binding: TypeAlias = dict[str, str]


class _Wrong(Exception):
    """The first thing wrong with a proof."""


def check_proof(
    proof: Proof, theory: Theory, *, asked: Literal | None = None, most: int = MOST
) -> Verdict:
    """Return whether ``proof`` shows of its goal what it says it does; never raises.

    With ``asked``, it must also be about that goal.
    """
    try:
        _require(asked in (None, proof.goal), f"it is about {proof.goal}, but {asked} was asked")
        _check(proof, checked(theory, proof.goal), most)
    except _Wrong as wrong:
        return Verdict(valid=False, reason=str(wrong))
    except NexusError as error:
        return Verdict(valid=False, reason=f"theory or goal is none: {error.message}")
    except Exception as error:  # a proof is untrusted: any surprise in reading it refuses it
        return Verdict(valid=False, reason=f"the proof is malformed: {error!r}")
    return Verdict(valid=True)


def _check(proof: Proof, theory: Theory, most: int) -> None:
    _require(proof.world is theory.world, f"it assumes a world that is {proof.world}")
    members = {step.literal for step in proof.model}
    if proof.model or not proof.steps or any(step.absent for step in proof.steps):
        strata(theory)
        _supported("the model's step", proof.model, members, theory)
        _closed(members, theory, most)
    _supported("step", proof.steps, members, theory)
    if proof.steps:
        last, wanted = proof.steps[-1].literal, proof.goal
        _require(proof.status in (Status.PROVED, Status.REFUTED), "steps show that more is known")
        if proof.status is Status.REFUTED:
            wanted = proof.goal.opposite
        _require(last == wanted, f"it ends in {last}, not in {wanted}")
    else:
        _not_derived(proof, members)


def _not_derived(proof: Proof, members: Set[Literal]) -> None:
    """Check what rests on nothing but that the goal's atom is not in the model."""
    atom = Literal(proof.goal.atom)
    follows = f"without steps, and {atom} or its denial follows"
    if proof.world is World.CLOSED:
        shown = Status.REFUTED if proof.goal == atom else Status.PROVED
        _require(proof.status is shown, f"{atom} is false, so {proof.goal} is not {proof.status}")
        _require(atom not in members, follows)
    else:
        _require(proof.status is Status.UNKNOWN, f"{proof.status} in an open world without steps")
        _require(atom not in members and atom.opposite not in members, follows)


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise _Wrong(otherwise)


def _supported(name: str, steps: Sequence[Step], members: Set[Literal], theory: Theory) -> None:
    """Check that each step is a fact, or follows by its rule from steps before it."""
    facts = set(theory.facts)
    for number, step in enumerate(steps):
        called = f"{name} {number + 1} ({step.literal})"
        if step.rule is None:
            given = step.literal in facts and not step.premises and not step.absent
            _require(given, f"{called} is given as a fact, and is none")
            continue
        _require(0 <= step.rule < len(theory.rules), f"{called} names a rule that there is not")
        earlier = all(0 <= i < number for i in step.premises)
        _require(earlier, f"{called} rests on a step that is not before it")
        _require(_instance(step, steps, theory.rules[step.rule]), f"{called} is not by its rule")
        for atom in step.absent:
            _require(Literal(atom) not in members, f"{called} rests on {atom}, which follows")


def _instance(step: Step, steps: Sequence[Step], rule: Rule) -> bool:
    """Return whether the step, its premises and what is absent are the rule's, in its order."""
    premises = [steps[i].literal for i in step.premises]
    absent = [Literal(atom, Sign.ABSENT) for atom in step.absent]
    said = [(absent if x.sign is Sign.ABSENT else premises).pop(0) for x in rule.body]
    pairs = zip((rule.head, *rule.body), (step.literal, *said), strict=True)
    binding: _Binding = {}
    return not premises and not absent and all(_match(*pair, binding) for pair in pairs)


def _match(pattern: Literal, ground: Literal, binding: _Binding) -> bool:
    """Return whether ``ground`` is an instance of ``pattern``, given and extending the binding."""
    if pattern.sign is not ground.sign or len(pattern.atom) != len(ground.atom):
        return False
    return all(
        (binding.setdefault(x, value) if x.startswith("?") else x) == value
        for x, value in zip(pattern.atom, ground.atom, strict=True)
    )


class _Index:
    """The members of a model by what can be known of them before they are matched."""

    def __init__(self, members: Set[Literal], most: int) -> None:
        self.members, self.left = members, most
        self._by = defaultdict[tuple[object, ...], list[Literal]](list)
        for member in members:
            self._by[member.key].append(member)
            for column, value in enumerate(member.atom[1:]):
                self._by[*member.key, column, value].append(member)

    def candidates(self, pattern: Literal, binding: Mapping[str, str]) -> Sequence[Literal]:
        """Return a short list of members that has every instance of the pattern."""
        lists = [self._by.get(pattern.key, [])]
        for column, x in enumerate(pattern.atom[1:]):
            value = binding.get(x) if x.startswith("?") else x
            if value is not None:
                lists.append(self._by.get((*pattern.key, column, value), []))
        return min(lists, key=len)

    def bindings(self, body: Sequence[Literal], binding: _Binding) -> Iterator[_Binding]:
        """Yield every way in which all of the body holds in the model."""
        if not body:
            yield binding
            return
        short = min(body, key=lambda x: len(self.candidates(x, binding)))
        rest = [x for x in body if x is not short]
        for member in self.candidates(short, binding):
            self.left -= 1
            _require(self.left > 0, "its model is too large to check")
            extended = dict(binding)
            if _match(short, member, extended):
                yield from self.bindings(rest, extended)


def _closed(members: Set[Literal], theory: Theory, most: int) -> None:
    """Check that the model has every fact, and the head of every rule whose body holds in it."""
    for fact in theory.facts:
        _require(fact in members, f"the fact {fact} is not in the model")
    index = _Index(members, most)
    for number, rule in enumerate(theory.rules, start=1):
        absent = [x for x in rule.body if x.sign is Sign.ABSENT]
        for binding in index.bindings([x for x in rule.body if x not in absent], {}):
            if not any(Literal(x.under(binding).atom) in members for x in absent):
                head = rule.head.under(binding)
                _require(head in members, f"{head} follows by rule {number}, not in the model")
