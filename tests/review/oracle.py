"""The gate as the issue tells it, in memory: no lines, no hashes, no signatures, no crashes.

Whatever the gate does must come to this. A refused order leaves everything as it was, which is for
the caller to see to: keep a copy.
"""

from dataclasses import dataclass, field
from math import sqrt

OPEN, LIVE = ("draft", "shadowed", "pending", "approved"), ("applied", "monitoring", "confirmed")


class Refused(Exception): ...


@dataclass
class Card:
    proposer: str
    base: dict
    new: dict
    ends: int
    state: str = "draft"
    flagged: bool = False
    yes: list = field(default_factory=list)
    last: tuple = ()
    right: int = 0
    n: int = 0


@dataclass
class Oracle:
    window: int
    now: int = 0
    time: int = 0
    system: dict = field(default_factory=dict)
    people: list = field(default_factory=list)
    cards: dict = field(default_factory=dict)
    live: list = field(default_factory=list)

    def did(self, **more):
        self.time = self.now
        vars(self).update(more)

    def begin(self, change=None):
        if self.now < self.time:
            raise Refused("the clock went back")
        for card in self.cards.values():
            if card.state in OPEN and card.ends <= self.now:
                self.did(), setattr(card, "state", "expired")
            elif card.state in OPEN and card.base != self.system:
                self.did(), setattr(card, "state", "superseded")
        return self.need(change is None or change in self.cards) and self.cards.get(change)

    def need(self, so):
        if not so:
            raise Refused
        return True

    def found(self, name, data):
        self.begin(), self.need(self.system.get(name, data) == data)
        if name not in self.system:
            self.did(system={**self.system, name: data}), self.begin()

    def enroll(self, name, voucher):
        self.begin()
        if name not in self.people:
            self.need(not self.people or voucher == self.people[0])  # the first is the lead
            self.did(people=[*self.people, name])

    def propose(self, change, proposer, base, new, lasts):
        self.begin(), self.need(base == self.system)
        if (old := self.cards.get(change)) is not None:
            self.need((old.proposer, old.new, old.base) == (proposer, new, self.system))
            return
        self.need(set(new) <= set(self.system) and {**self.system, **new} != self.system)
        card = Card(proposer=proposer, base=self.system, new=new, ends=self.now + lasts)
        self.did(cards={**self.cards, change: card})

    def shadow(self, change, flagged):
        card = self.begin(change)
        if card.state not in OPEN[1:] or card.flagged != flagged:
            self.need(card.state == "draft"), self.did()
            card.state, card.flagged = "shadowed", flagged

    def submit(self, change):
        card = self.begin(change)
        if card.state != "pending":
            self.need(card.state == "shadowed"), self.did()
            card.state = "pending"

    def approve(self, change, who, looked, signed):
        card = self.begin(change)
        self.need(looked == (card.state != "draft"))  # with or without a report
        if who in card.yes and card.state in ("pending", *LIVE):
            return
        self.need(card.state == "pending" and signed and who in self.people)
        self.need(who != card.proposer and who not in card.yes)
        self.did(), card.yes.append(who)
        if len(card.yes) >= (2 if card.flagged else 1):
            card.state, self.live = "applied", [*self.live, change]
            self.did(system={**self.system, **card.new}), self.begin()

    def deny(self, change, who, signed):
        card = self.begin(change)
        if (card.state, card.last) != ("denied", (who,)):
            self.need(card.state in OPEN and signed and who in self.people), self.did()
            card.state, card.last = "denied", (who,)

    def rollback(self, change, who, signed):
        card = self.begin(change)
        if (card.state, card.last) != ("rolled_back", (who,)):
            self.need(signed and who in self.people), self.undo(change, card, who)

    def later(self, change, card):
        later = self.live[self.live.index(change) + 1 :]
        return any(set(self.cards[c].new) & set(card.new) for c in later)

    def undo(self, change, card, who):
        self.need(card.state in LIVE)
        self.need(not self.later(change, card))
        card.state, card.last, self.live = (
            "rolled_back",
            (who,),
            [c for c in self.live if c != change],
        )
        self.did(system={**self.system, **{n: card.base[n] for n in card.new}}), self.begin()

    def observe(self, change, right, n):
        card = self.begin(change)
        self.need(card.state in LIVE and 0 <= right <= n and n > 0), self.did()
        self.need(not self.later(change, card))
        card.right, card.n = card.right + right, card.n + n
        p, z = card.right / card.n, 2.58  # Wilson (1927), upper end
        high = p + z * z / (2 * card.n) + z * sqrt((p * (1 - p) + z * z / (4 * card.n)) / card.n)
        few = card.n < min(self.window, 30)
        if not few and high / (1 + z * z / card.n) < 0.97 - 0.01 - 0.05:
            self.undo(change, card, "monitor")
        elif card.state != "confirmed":
            card.state = "confirmed" if card.n >= self.window else "monitoring"
