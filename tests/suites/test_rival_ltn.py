"""The rival that rules are learned beside is taught for as long as it is said, and learns."""

from nexus.logic.lessons import parts
from nexus.suites.rival_ltn import installed, learn
from nexus.train.rules import Learning
from nexus.worlds.families import lesson_of


def test_a_logic_tensor_network_learns_what_it_is_taught() -> None:
    assert installed(), "it comes with the development packages"
    taught = parts(lesson_of("grandparent", 0, "learn", count=2, people=6)).learn
    unseen = lesson_of("grandparent", 0, "test", count=1, people=6)
    begun, longer = (
        learn(taught, unseen, seed=0, cpu_s=seconds, how=Learning()) for seconds in (0.0, 2.0)
    )
    assert begun.steps == 1 < longer.steps
    assert begun.satisfied + 0.1 < longer.satisfied
    assert 2.0 <= longer.cpu_s < 6.0
    assert 0.0 <= longer.unseen <= 1.0
