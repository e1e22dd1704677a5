"""Answer or abstain: the one place where the two routes meet.

An answer is given only with a proof that the checker accepts. Either the fast route says the same
("agreed"), or it does not, and proofs like this one have shown on split val that they are right
without it ("proved", docs/adr/0002). Everything else is an abstention that names its cause and
shows each route's answer as what it is.
"""

from dataclasses import dataclass
from math import exp, isnan, log
from typing import Final

from nexus.base.errors import ConfigError
from nexus.base.records import Certificate, Decision, Route, Verdict
from nexus.logic.engines.query import Unproved
from nexus.logic.engines.wording import explain

_EDGE: Final = 1e-6
"""Probabilities are kept this far from 0 and 1, so that their log-odds are finite."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """When to abstain although there is a proof."""

    surprise: float = 1.0
    """Most surprise at which a picture counts as familiar; 1.0 refuses 1 % of familiar ones."""
    confidence: float = 0.5
    """Least calibrated probability of being right at which an answer is given."""

    def __post_init__(self) -> None:
        if not self.surprise > 0.0:
            raise ConfigError(f"decide.surprise must be above 0, got {self.surprise}")
        if not 0.0 <= self.confidence <= 1.0:
            raise ConfigError(f"decide.confidence must lie in [0, 1], got {self.confidence}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Logistic maps from the routes' own odds to the probability of being right, a map a case.

    Platt scaling (Platt, 1999) over log-odds; fitted on the validation split elsewhere. The
    defaults take a lone route at its word, and two agreeing ones at the mean of their log-odds.
    """

    agreed: tuple[float, float, float] = (0.0, 0.5, 0.5)
    """Bias, weight of the fast route's log-odds, weight of the proof's."""
    fast_only: tuple[float, float] = (0.0, 1.0)
    slow_only: tuple[float, float] = (0.0, 1.0)
    lone_proof: float = 1.0
    """A proof more probable than this is an answer although the fast route says something else; by
    default none is."""

    def agree(self, fast: float, proof: float) -> float:
        """Return the probability that the common answer is right."""
        bias, w_fast, w_proof = self.agreed
        return _logistic(bias + w_fast * _log_odds(fast) + w_proof * _log_odds(proof))

    def alone(self, fast: float) -> float:
        """Return the probability that the fast route's answer is right where no proof agrees."""
        return _logistic(self.fast_only[0] + self.fast_only[1] * _log_odds(fast))

    def proof_alone(self, proof: float) -> float:
        """Return the probability that the proved answer is right where the fast one differs."""
        return _logistic(self.slow_only[0] + self.slow_only[1] * _log_odds(proof))


@dataclass(frozen=True, kw_only=True, slots=True)
class Routes:
    """All that a decision rests on."""

    fast: Route
    """The fast route's answer, with its uncalibrated confidence; no answer when it abstains."""
    steps: tuple[str, ...]
    """The fast route's explanation."""
    proof: Certificate | Unproved
    verdict: Verdict
    """What the checker says of ``proof``; invalid when there is none."""
    surprise: float
    """How unlike the training scenes the picture is; 1.0 is the 99th percentile of training."""
    imagined: bool = False
    """Whether the facts are of an imagined future, not of the picture itself."""
    query: str = ""
    """How the question was read; empty when it was not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcome:
    answer: str
    confidence: float
    cause: str
    reason: str


def decide(
    routes: Routes, thresholds: Thresholds, calibration: Calibration, *, trace: str
) -> Decision:
    """Return the one outcome of a question: an answer with its grounds, or why there is none."""
    slow = _slow_route(routes)
    outcome = _outcome(routes, slow, thresholds, calibration)
    return Decision(
        answer=outcome.answer,
        confidence=outcome.confidence,
        reason=outcome.reason,
        cause=outcome.cause,
        fast=routes.fast,
        slow=slow,
        steps=routes.steps,
        certificate=routes.proof if isinstance(routes.proof, Certificate) else None,
        verdict=routes.verdict,
        surprise=routes.surprise,
        trace=trace,
        query=routes.query,
    )


def _slow_route(routes: Routes) -> Route:
    """Return what the proof says; a proof that the checker refuses says nothing."""
    proof = routes.proof
    if isinstance(proof, Unproved):
        return Route(answer="", confidence=0.0, rests_on=f"no proof: {proof.reason}")
    if not routes.verdict.valid:
        refused = f"a proof that the checker refused: {routes.verdict.reason}"
        return Route(answer="", confidence=0.0, rests_on=refused)
    *grounds, _ = explain(proof)
    rests_on = "; ".join(grounds) or "no premise at all"
    return Route(answer=proof.answer, confidence=proof.probability, rests_on=rests_on)


def _outcome(
    routes: Routes, slow: Route, thresholds: Thresholds, calibration: Calibration
) -> _Outcome:
    fast = routes.fast
    lone = calibration.alone(fast.confidence) if fast.answer else 0.0
    if isinstance(routes.proof, Unproved) and routes.proof.cause == "unparsed":
        return _abstain(
            "unparsed", lone, f"I do not understand the question: {routes.proof.reason}"
        )
    # "not <=": a surprise that is not a number is no reason to trust the picture.
    if not routes.surprise <= thresholds.surprise:
        unlike = (
            f"this picture is unlike the scenes I was trained on (surprise {routes.surprise:.2f})"
        )
        return _abstain("unfamiliar", lone, unlike)
    if not slow.answer:
        return _without_proof(fast, slow, lone)
    proved = calibration.proof_alone(slow.confidence)
    if fast.answer != slow.answer:
        if slow.confidence > calibration.lone_proof and proved >= thresholds.confidence:
            reason = f"{_follows(routes, slow)}; but {_says('the fast route', fast)}"
            return _Outcome(answer=slow.answer, confidence=proved, cause="proved", reason=reason)
        cause = "disagreed" if fast.answer else "unsure"
        return _abstain(cause, max(lone, proved), _both(fast, slow))
    confidence = calibration.agree(fast.confidence, slow.confidence)
    if not confidence >= thresholds.confidence:
        low = f"I am not sure enough (p = {confidence:.2f}): {_both(fast, slow)}"
        return _abstain("unsure", confidence, low)
    reason = f"{_follows(routes, slow)}; the fast route says the same, resting on {fast.rests_on}"
    return _Outcome(answer=fast.answer, confidence=confidence, cause="agreed", reason=reason)


def _follows(routes: Routes, slow: Route) -> str:
    source = "imagine" if routes.imagined else "see"
    return f"follows from what I {source} (p = {slow.confidence:.2f}): {slow.rests_on}"


def _without_proof(fast: Route, slow: Route, lone: float) -> _Outcome:
    reason = f"I have {slow.rests_on}; {_says('the fast route', fast)}, which is not verified"
    if not fast.answer:
        reason = f"I have {slow.rests_on}; and the fast route has no answer"
    return _abstain("unproved", lone, reason)


def _abstain(cause: str, confidence: float, reason: str) -> _Outcome:
    return _Outcome(answer="", confidence=confidence, cause=cause, reason=reason)


def _both(fast: Route, slow: Route) -> str:
    return f"{_says('the fast route', fast)}; {_says('the proof', slow)}"


def _says(who: str, route: Route) -> str:
    if not route.answer:
        return f"{who} has no answer"
    return f"{who} says {route.answer} (p = {route.confidence:.2f}), resting on {route.rests_on}"


def _log_odds(p: float) -> float:
    if isnan(p):  # a route that cannot say how sure it is, is not sure at all
        p = 0.0
    p = min(max(p, _EDGE), 1.0 - _EDGE)
    return log(p) - log(1.0 - p)


def _logistic(x: float) -> float:
    # Two forms, each on the side where exp cannot overflow.
    return 1.0 / (1.0 + exp(-x)) if x >= 0.0 else exp(x) / (1.0 + exp(x))
