"""Theories drawn around a chain of rules, so that depth and answer are balanced by construction.

The goal stands at the end of the chain. For an answer that rests on nothing following, the first
fact of the chain is withheld. What distracts is kept only while it leaves goal and depth alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nexus.base.errors import LanguageError
from nexus.logic.meaning import KIND
from nexus.logic.theory import Literal, Rule, Sign, Theory, World, strata
from nexus.worlds.dice import Dice
from nexus.worlds.theories.cast import Cast, claimed, random_rule, ruled
from nexus.worlds.theories.chaining import contradictory, depths

DEEPEST: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a theory is to come to."""

    world: World
    depth: int
    proved: bool
    """Whether the chain holds; otherwise its first fact is withheld."""
    opposite: bool
    """Whether the opposite of what the chain comes to is asked."""
    negation: bool
    """Whether anything on the way is denied or absent."""
    denied: bool
    """Whether the chain comes to a denial."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """A theory in parts, and what is asked of it."""

    facts: tuple[Literal, ...]
    rules: tuple[Rule, ...]
    goal: Literal
    withheld: Literal | None


def answered(theory: Theory, goal: Literal) -> str:
    """Return "yes", "no" or "unknown", as the theory's world has it.

    Raises:
        LanguageError: what follows is not settled, or contradicts itself.
    """
    follows = depths(theory)
    if follows is None or contradictory(follows):
        raise LanguageError("the theory contradicts itself or depends on its own absence")
    if goal in follows:
        return "yes"
    if goal.opposite in follows:
        return "no"
    if theory.world is World.OPEN:
        return "unknown"
    return "no" if goal.sign is Sign.HOLDS else "yes"


def draw(dice: Dice, cast: Cast, plan: Plan) -> Drawn:
    """Return a theory that comes to what is planned, with as many distractors as it bears."""
    while True:
        chain = _chain(dice, cast, plan)
        if _as_planned(chain, plan):
            break
    wanted = 3 + dice.roll(4)
    for _ in range(wanted):
        more = _distracted(dice, cast, plan, chain)
        if _as_planned(more, plan):
            chain = more
    return Drawn(
        facts=tuple(chain.facts[i] for i in dice.shuffled(len(chain.facts))),
        rules=tuple(chain.rules[i] for i in dice.shuffled(len(chain.rules))),
        goal=chain.goal.opposite if plan.opposite else chain.goal,
        withheld=chain.withheld,
    )


def _as_planned(drawn: Drawn, plan: Plan) -> bool:
    """Return whether the end of the chain follows at its depth, or would with what is withheld."""
    theory = Theory(facts=drawn.facts, rules=drawn.rules, world=plan.world)
    try:
        strata(theory)
    except LanguageError:
        return False
    follows = depths(theory)
    if follows is None or contradictory(follows):
        return False
    if drawn.withheld is None:
        return follows.get(drawn.goal) == plan.depth
    if drawn.goal in follows or drawn.goal.opposite in follows:
        return False
    complete = Theory(facts=(drawn.withheld, *drawn.facts), rules=drawn.rules, world=plan.world)
    would = depths(complete)
    return would is not None and not contradictory(would) and would.get(drawn.goal) == plan.depth


def _chain(dice: Dice, cast: Cast, plan: Plan) -> Drawn:
    """Return a chain of rules over one fact, with what else its rules ask for."""
    first = _next(dice, cast, plan, [], last=plan.depth == 0)
    links, facts, rules = [first], [first], list[Rule]()
    for step in range(1, plan.depth + 1):
        link = _next(dice, cast, plan, links, last=step == plan.depth)
        body = [links[-1]]
        for _ in range(0 if cast.form == "taxonomy" else dice.pick((0, 0, 1, 1, 2))):
            condition = _condition(dice, cast, plan, links)
            if condition.atom in {x.atom for x in (*body, link)}:
                continue
            if condition.sign is not Sign.ABSENT and condition not in (*links, *facts):
                facts.append(condition)
            body.append(condition)
        order = dice.shuffled(len(body)) if body[-1].sign is not Sign.ABSENT else range(len(body))
        rules.append(ruled(dice, [body[i] for i in order], link))
        links.append(link)
    withheld = None if plan.proved else first
    stated = tuple(x for x in facts if x != withheld)
    return Drawn(facts=stated, rules=tuple(rules), goal=links[-1], withheld=withheld)


def _next(dice: Dice, cast: Cast, plan: Plan, links: Sequence[Literal], *, last: bool) -> Literal:
    """Return a claim no link has made: of the thing of the last link or of what it acts upon."""
    met = {x.atom for x in links}
    while True:
        thing = links[-1].atom[1] if links else dice.pick(cast.things)
        if links and len(links[-1].atom) == 3 and dice.roll(3) == 0:
            thing = links[-1].atom[2]
        if links and dice.roll(12) == 0 and cast.form != "taxonomy":
            thing = dice.pick(cast.things)
        literal = claimed(dice, cast, thing)
        if cast.form == "taxonomy" and not last:
            literal = Literal((KIND + dice.pick(cast.kinds), thing))
        if literal.atom in met:
            continue
        if last:
            return literal.opposite if plan.denied else literal
        # what is denied is a condition only in an open world
        deny = plan.negation and plan.world is World.OPEN and cast.form != "taxonomy"
        return literal.opposite if deny and dice.roll(3) == 0 else literal


def _condition(dice: Dice, cast: Cast, plan: Plan, links: Sequence[Literal]) -> Literal:
    """Return something else a rule may ask for: an earlier link, a new fact, or an absence."""
    if len(links) > 1 and dice.roll(3) == 0:
        return dice.pick(links[:-1])
    thing = links[-1].atom[1] if dice.roll(4) else dice.pick(cast.things)
    literal = claimed(dice, cast, thing)
    if plan.negation and dice.roll(2):
        return Literal(literal.atom, _not(plan.world))
    return literal


def _not(world: World) -> Sign:
    """Return what "not" means in a condition."""
    return Sign.ABSENT if world is World.CLOSED else Sign.DENIED


def _distracted(dice: Dice, cast: Cast, plan: Plan, drawn: Drawn) -> Drawn:
    """Return the theory with two more facts and a rule, or two that share their conditions."""
    facts, rules = list(drawn.facts), list(drawn.rules)
    for _ in range(2):
        fact = claimed(dice, cast, dice.pick(cast.things))
        if plan.negation and dice.roll(4) == 0:
            fact = fact.opposite
        if fact.atom not in {x.atom for x in facts}:
            facts.append(fact)
    negation = _not(plan.world) if plan.negation else None
    rule = random_rule(dice, cast, negation=negation)
    if rules and dice.roll(8) == 0:
        body = dice.pick(rules).body
        known = {x for literal in body for x in literal.variables}
        if rule.head.variables <= known and rule.head.atom not in {x.atom for x in body}:
            rule = Rule(head=rule.head, body=body)
    if rule not in rules:
        rules.append(rule)
    return Drawn(facts=tuple(facts), rules=tuple(rules), goal=drawn.goal, withheld=drawn.withheld)
