"""Slow and obvious: theories by trying every substitution; programs and forged proofs at random."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from nexus.base.records import Atom
from nexus.logic.proofs import Proof, Status, Step
from nexus.logic.theory import Literal, Rule, Sign, Theory, World, checked, strata

HOLDS, DENIED, ABSENT = Sign.HOLDS, Sign.DENIED, Sign.ABSENT


@dataclass(frozen=True)
class Instance:
    """One rule with constants for its variables."""

    rule: int
    head: Literal
    premises: tuple[Literal, ...]
    absent: tuple[Atom, ...]


@dataclass
class Twin:
    """What follows from a theory, and in which round of its stratum each literal first did."""

    theory: Theory
    instances: set[Instance] = field(init=False)
    rounds: dict[Literal, int] = field(init=False)

    def __post_init__(self) -> None:
        self.instances = set(instances(self.theory))
        self.rounds = dict.fromkeys(self.theory.facts, 0)
        level = strata(self.theory)
        for now in range(max(level.values(), default=0) + 1):
            here = [x for x in self.instances if level[x.head.key] == now]
            new, count = {None}, 0
            while new:
                count += 1
                new = {x.head for x in here if self.fires(x)} - set(self.rounds)
                self.rounds |= dict.fromkeys(new, count)

    def fires(self, x: Instance) -> bool:
        """Whether the body holds in what is known so far."""
        absent = not any(Literal(atom) in self.rounds for atom in x.absent)
        return absent and all(p in self.rounds for p in x.premises)

    def status(self, goal: Literal) -> Status:
        """What becomes of a goal, if the theory does not contradict itself."""
        if goal in self.rounds:
            return Status.PROVED
        if goal.opposite in self.rounds:
            return Status.REFUTED
        if self.theory.world is World.OPEN:
            return Status.UNKNOWN
        return Status.REFUTED if goal.sign is HOLDS else Status.PROVED

    @property
    def contradictory(self) -> bool:
        """Whether anything is both derived and denied."""
        return any(x.opposite in self.rounds for x in self.rounds)

    def valid(self, proof: Proof) -> bool:
        """Whether a proof is one, told from the whole set of ground instances."""
        if proof.world is not self.theory.world or not self.steps_valid(proof.steps):
            return False
        needs_model = not proof.steps or any(step.absent for step in proof.steps)
        if (needs_model or proof.model) and not (
            self.steps_valid(proof.model) and {x.literal for x in proof.model} == set(self.rounds)
        ):
            return False
        if proof.steps:
            wanted = {Status.PROVED: proof.goal, Status.REFUTED: proof.goal.opposite}
            return wanted.get(proof.status) == proof.steps[-1].literal
        undecided = Literal(proof.goal.atom) not in self.rounds and (
            proof.world is World.CLOSED or Literal(proof.goal.atom, DENIED) not in self.rounds
        )
        if proof.world is World.OPEN:
            return undecided and proof.status is Status.UNKNOWN
        shown = Status.REFUTED if proof.goal.sign is HOLDS else Status.PROVED
        return undecided and proof.status is shown

    def steps_valid(self, steps: tuple[Step, ...]) -> bool:
        """Whether each step is a fact or an instance of its rule, with premises before it."""
        for number, step in enumerate(steps):
            if step.rule is None:
                if step.literal not in self.theory.facts or step.premises or step.absent:
                    return False
                continue
            if not all(0 <= i < number for i in step.premises):
                return False
            premises = tuple(steps[i].literal for i in step.premises)
            if Instance(step.rule, step.literal, premises, step.absent) not in self.instances:
                return False
            if any(Literal(atom) in self.rounds for atom in step.absent):
                return False
        return True


def instances(theory: Theory) -> Iterator[Instance]:
    """Every rule with every constant for every variable."""
    for number, rule in enumerate(theory.rules):
        names = sorted({v for literal in rule.literals for v in literal.variables})
        for values in product(theory.constants, repeat=len(names)):
            binding = dict(zip(names, values, strict=True))
            body = [x.under(binding) for x in rule.body]
            yield Instance(
                rule=number,
                head=rule.head.under(binding),
                premises=tuple(x for x in body if x.sign is not ABSENT),
                absent=tuple(x.atom for x in body if x.sign is ABSENT),
            )


PREDICATES = {0: ("p", "q", "not"), 1: ("r", "s"), 2: ("u", "v")}
"""By stratum: what may be absent is of a lower one."""


def program(seed: int) -> Theory:
    """A random theory: stratified, both negations, recursion, repeated variables, constants."""
    rng = np.random.default_rng(seed)
    constants = tuple("abcde"[: rng.integers(1, 6)])
    names = [name for stratum in PREDICATES.values() for name in stratum]
    arity = {name: int(rng.choice(3, p=(0.05, 0.35, 0.6))) for name in names}
    denial = float(rng.choice((0.0, 0.0, 0.1)))

    def pick(options: tuple[str, ...] | list[str]) -> str:
        return str(options[rng.integers(len(options))])

    def said(predicate: str, terms: tuple[str, ...], sign: Sign = HOLDS) -> Literal:
        if sign is HOLDS and rng.random() < denial:
            sign = DENIED
        return Literal((predicate, *(pick(terms) for _ in range(arity[predicate]))), sign)

    some = names[:5] if rng.random() < 0.8 else names
    facts = tuple(said(pick(some), constants) for _ in range(rng.integers(3, 24)))
    used = {fact.atom[0] for fact in facts}
    rules: list[Rule] = []
    for level in sorted(rng.choice(3, size=rng.integers(3, 14), p=(0.3, 0.4, 0.3))):
        variables = ("?x", "?y", "?z")[: rng.choice(3, p=(0.3, 0.5, 0.2)) + 1]
        terms = variables if rng.random() < 0.9 else (*variables, *constants)
        upto = [x for k in range(level + 1) for x in PREDICATES[k]]
        likely = [x for x in upto if x in used or rng.random() < 0.03] or upto
        likely += 2 * [x for x in PREDICATES[level] if x in used]
        length = int(rng.choice(3, p=(0.5, 0.35, 0.15))) + 1
        body = [said(pick(likely), terms) for _ in range(length)]
        bound = tuple(sorted({v for x in body for v in x.variables})) or constants[:1]
        below = [x for k in range(level) for x in PREDICATES[k]]
        for _ in range(rng.choice(3, p=(0.2, 0.5, 0.3)) if below else 0):
            body.insert(int(rng.integers(len(body) + 1)), said(pick(below), bound, ABSENT))
        head = said(pick(PREDICATES[level]), bound)
        used.add(head.atom[0])
        rules.append(Rule(head=head, body=tuple(body)))
    world = World.CLOSED if rng.random() < 0.5 else World.OPEN
    order = rng.permutation(len(rules))
    return checked(Theory(facts=facts, rules=tuple(rules[i] for i in order), world=world))


def goals(theory: Theory, seed: int) -> list[Literal]:
    """A few goals, of what the theory speaks of and with what it names."""
    rng = np.random.default_rng(seed)
    heads = {rule.head.atom[0] for rule in theory.rules}
    arities = [x for x in sorted(theory.arities.items()) if x[0] in heads]
    constants = theory.constants or ("a",)
    found: list[Literal] = []
    for _ in range(4):
        name, arity = arities[rng.integers(len(arities))]
        atom = (name, *(str(constants[rng.integers(len(constants))]) for _ in range(arity)))
        found.append(Literal(atom, DENIED if rng.random() < 0.3 else HOLDS))
    return found


class Forger:
    """Spoils proofs, and the theories they are of, one thing at a time; all stays well typed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.ways = sorted(name for name in dir(self) if name.startswith("spoil_"))

    def forge(self, proof: Proof, theory: Theory) -> tuple[str, Proof, Theory]:
        """Return how it was spoilt, and the forgery; the way may change nothing."""
        way = self.ways[self.rng.integers(len(self.ways))]
        spoilt = getattr(self, way)(proof, theory)
        return (way, spoilt, theory) if isinstance(spoilt, Proof) else (way, proof, spoilt)

    def below(self, count: int) -> int:
        return int(self.rng.integers(count))

    def literal(self, literal: Literal, theory: Theory) -> Literal:
        """Another literal of the same vocabulary."""
        constants, names = theory.constants or ("a",), sorted(theory.arities)
        way = self.below(3)
        if way == 0:
            return literal.opposite
        if way == 1 and len(literal.atom) > 1:
            changed = list(literal.atom)
            changed[1 + self.below(len(changed) - 1)] = str(constants[self.below(len(constants))])
            return Literal(tuple(changed), literal.sign)
        name = names[self.below(len(names))]
        terms = (str(constants[self.below(len(constants))]) for _ in range(theory.arities[name]))
        return Literal((name, *terms), literal.sign)

    def part(self, proof: Proof) -> str:
        """Steps or model, whichever there is to spoil."""
        return "model" if not proof.steps or (proof.model and self.below(2)) else "steps"

    def one(self, proof: Proof, **changes: object) -> Proof:
        """Return the proof with one step changed, if there is one that this changes."""
        first = self.part(proof)
        for part in (first, "steps" if first == "model" else "model"):
            steps = list(getattr(proof, part))
            for at in self.rng.permutation(len(steps)):
                made = {k: v(steps[at], at) if callable(v) else v for k, v in changes.items()}
                changed = replace(steps[at], **made)
                if changed != steps[at]:
                    steps[at] = changed
                    return replace(proof, **{part: tuple(steps)})
        return proof

    def spoil_literal(self, proof: Proof, theory: Theory) -> Proof:
        return self.one(proof, literal=lambda step, _: self.literal(step.literal, theory))

    def spoil_rule(self, proof: Proof, theory: Theory) -> Proof:
        return self.one(proof, rule=self.below(len(theory.rules) + 1))

    def spoil_as_fact(self, proof: Proof, _: Theory) -> Proof:
        return self.one(proof, rule=None, premises=(), absent=())

    def spoil_premise(self, proof: Proof, _: Theory) -> Proof:
        def moved(step: Step, at: int) -> tuple[int, ...]:
            premises = list(step.premises)
            if premises:
                premises[self.below(len(premises))] = self.below(int(at) + 2)
            return tuple(premises)

        return self.one(proof, premises=moved)

    def spoil_premises(self, proof: Proof, _: Theory) -> Proof:
        return self.one(
            proof,
            premises=lambda step, _: step.premises[1:] if self.below(2) else (*step.premises, 0),
        )

    def spoil_order_of_premises(self, proof: Proof, _: Theory) -> Proof:
        return self.one(proof, premises=lambda step, _: step.premises[::-1])

    def spoil_absent(self, proof: Proof, theory: Theory) -> Proof:
        def other(step: Step, _: int) -> tuple[Atom, ...]:
            if not step.absent or self.below(2):
                return step.absent[1:]
            return tuple(self.literal(Literal(atom), theory).atom for atom in step.absent)

        return self.one(proof, absent=other)

    def spoil_less(self, proof: Proof, _: Theory) -> Proof:
        """Leave out a step, and what rests on it."""
        part = self.part(proof)
        steps, gone = getattr(proof, part), set[int]()
        if not steps:
            return proof
        gone.add(self.below(len(steps)))
        for i, step in enumerate(steps):
            if gone & set(step.premises):
                gone.add(i)
        place = {i: k for k, i in enumerate(i for i in range(len(steps)) if i not in gone)}
        kept = (
            replace(steps[i], premises=tuple(place[p] for p in steps[i].premises)) for i in place
        )
        return replace(proof, **{part: tuple(kept)})

    def spoil_more(self, proof: Proof, theory: Theory) -> Proof:
        """Add what rests on itself, on nothing, or on another step."""
        part = self.part(proof)
        steps = getattr(proof, part)
        rules = theory.rules
        rule = rules[self.below(len(rules))]
        literal = self.literal(proof.goal, theory)
        premises = tuple(self.below(len(steps) + 1) for x in rule.body if x.sign is not ABSENT)
        absent = tuple(x.atom for x in rule.body if x.sign is ABSENT and not x.variables)
        number = rules.index(rule)
        step = Step(literal=literal, rule=number, premises=premises, absent=absent)
        return replace(proof, **{part: (*steps, step)})

    def spoil_conclusion(self, proof: Proof, theory: Theory) -> Proof:
        """Conclude the like of something else, and say that it was the goal."""
        if not proof.steps:
            return proof
        last = proof.steps[-1]
        like = [x for x in instances(theory) if x.rule == last.rule and x.head != last.literal]
        if not like:
            return proof
        other = like[self.below(len(like))].head
        steps = (*proof.steps[:-1], replace(last, literal=other))
        goal = other if proof.status is Status.PROVED else other.opposite
        return replace(proof, goal=goal, steps=steps)

    def add(self, proof: Proof, found: list[Instance]) -> Proof:
        """Add one of these instances to the model; half the time, say that it was the goal."""
        if not found:
            return proof
        x = found[self.below(len(found))]
        literals = (*(step.literal for step in proof.model), x.head)
        premises = tuple(literals.index(p) for p in x.premises)
        step = Step(literal=x.head, rule=x.rule, premises=premises, absent=x.absent)
        model = (*proof.model, step)
        if self.below(2):
            return replace(proof, model=model)
        return replace(proof, model=model, steps=model, status=Status.PROVED, goal=x.head)

    def spoil_blocked(self, proof: Proof, theory: Theory) -> Proof:
        """Add what would follow, were it not for something that should be absent and is not."""
        there = {step.literal for step in proof.model}
        options = (x for x in instances(theory) if x.absent and x.head not in there)
        return self.add(proof, [x for x in options if there >= set(x.premises)])

    def spoil_circle(self, proof: Proof, theory: Theory) -> Proof:
        """Add what would follow from itself."""
        there = {step.literal for step in proof.model}
        options = (x for x in instances(theory) if x.head in x.premises and x.head not in there)
        return self.add(proof, [x for x in options if there >= set(x.premises) - {x.head}])

    def spoil_carried(self, proof: Proof, _: Theory) -> Proof:
        return replace(proof, model=())

    def spoil_all_steps(self, proof: Proof, _: Theory) -> Proof:
        return replace(proof, steps=())

    def spoil_goal(self, proof: Proof, theory: Theory) -> Proof:
        return replace(proof, goal=self.literal(proof.goal, theory))

    def spoil_status(self, proof: Proof, _: Theory) -> Proof:
        known = [Status.PROVED, Status.REFUTED, Status.UNKNOWN]
        return replace(proof, status=known[self.below(3)])

    def spoil_goal_and_status(self, proof: Proof, theory: Theory) -> Proof:
        return self.spoil_status(self.spoil_goal(proof, theory), theory)

    def spoil_world(self, proof: Proof, _: Theory) -> Proof:
        return replace(proof, world=World.OPEN if proof.world is World.CLOSED else World.CLOSED)

    def spoil_names(self, proof: Proof, theory: Theory) -> Proof:
        """Put one constant for another everywhere: all is as consistent as it was."""
        constants = theory.constants or ("a",)
        old, new = (str(constants[self.below(len(constants))]) for _ in range(2))

        def atom(x: Atom) -> Atom:
            return (x[0], *(new if term == old else term for term in x[1:]))

        def steps(part: tuple[Step, ...]) -> tuple[Step, ...]:
            return tuple(
                replace(
                    s,
                    literal=Literal(atom(s.literal.atom), s.literal.sign),
                    absent=tuple(map(atom, s.absent)),
                )
                for s in part
            )

        goal = Literal(atom(proof.goal.atom), proof.goal.sign)
        return replace(proof, goal=goal, steps=steps(proof.steps), model=steps(proof.model))

    def spoil_theory_facts(self, proof: Proof, theory: Theory) -> Theory:
        if theory.facts and self.below(2):
            at = self.below(len(theory.facts))
            return replace(theory, facts=theory.facts[:at] + theory.facts[at + 1 :])
        return replace(theory, facts=(*theory.facts, self.literal(proof.goal, theory)))

    def spoil_theory_rules(self, _: Proof, theory: Theory) -> Theory:
        at = self.below(len(theory.rules))
        rule = theory.rules[at]
        if len(rule.body) > 1 and self.below(2):
            rule = replace(rule, body=rule.body[:-1])
        else:
            rule = replace(rule, head=self.literal(rule.head, theory))
        return replace(theory, rules=(*theory.rules[:at], rule, *theory.rules[at + 1 :]))
