"""The portfolio: the cheapest engine that can decide, and what everybody said when nobody could."""

from __future__ import annotations

import pytest
from attrs import evolve

from kverify.engines.errors import ModelError
from kverify.engines.portfolio import decide
from kverify.engines.verdict import Outcome
from kverify.model.expr import boolean, integer
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always, Reaches

from .models import ROLLED_OUT, ROLLING_INVARIANT, ROLLING_RANK, philosophers, pods_on_nodes, rolling_update

SURGE = Always(name="surge", condition=integer("old") + integer("new") <= integer("replicas") + integer("surge"))


def test_open_parameters_go_to_induction() -> None:
    assert decide(rolling_update(), SURGE).method == "induction"


def test_numbers_go_to_the_exhaustive_search() -> None:
    verdict = decide(philosophers(3), Reaches(name="somebody eats", goal=boolean("eaten")))
    assert (verdict.outcome, verdict.method) == (Outcome.VIOLATED, "exhaustive search")


def test_lemmas_are_an_invitation_to_induction() -> None:
    system = pods_on_nodes(4, 2, 2, counted=True, sorted_=True)
    prop = Always(name="room", condition=integer("pods0") <= 2)
    assert decide(system, prop).method == "exhaustive search"
    assert decide(system, evolve(prop, lemmas=(integer("pods1") <= 2,))).method == "induction"


def test_a_rank_proves_progress_without_numbers() -> None:
    prop = Reaches(name="complete", goal=ROLLED_OUT)
    verdict = decide(rolling_update(), prop, invariant=ROLLING_INVARIANT, rank=ROLLING_RANK)
    assert (verdict.outcome, verdict.method) == (Outcome.HOLDS, "ranking function")
    unknown = decide(rolling_update(), prop)
    assert unknown.outcome is Outcome.UNKNOWN
    assert "needs a ranking function" in unknown.reason


def test_a_rank_that_proves_nothing_is_followed_by_the_search() -> None:
    fixed = rolling_update().fix(replicas=2, surge=1, unavailable=0)
    verdict = decide(fixed, Reaches(name="gone", goal=integer("old") == 0), rank=integer("old"))
    assert (verdict.outcome, verdict.method) == (Outcome.HOLDS, "exhaustive search")


def test_when_nobody_decides_everybody_is_quoted() -> None:
    n = integer("n")
    up = Action("up", "test", True, {"n": n + 1})
    system = TransitionSystem("endless", (Variable("n", initial=0),), (up,))
    verdict = decide(system, Always(name="not a thousand", condition=n != 1000, lemmas=(n >= 0,)), limit=20, depth=3)
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.method == "induction, exhaustive search, bounded model checking"
    first, second, third, *_ = verdict.reason.split("; ")
    assert first.startswith("induction: not 1-inductive: 'up' leads from n = 999 to n = 1000")
    assert second == "exhaustive search: more than 20 states"
    assert verdict.reason.endswith("bounded model checking: no violation within 3 steps")
    assert third == "21 states explored"
    assert verdict.states == 21


def test_what_the_search_cannot_finish_the_bounded_search_may_find() -> None:
    system = pods_on_nodes(6, 3, 3, counted=True, sorted_=False)
    verdict = decide(system, Always(name="four fail", condition=integer("failed") < 3), limit=20)
    assert (verdict.outcome, verdict.method) == (Outcome.VIOLATED, "bounded model checking")


def test_errors_of_the_model_are_not_hidden_by_the_next_engine() -> None:
    n = integer("n")
    up = Action("up", "test", True, {"n": n + 1})
    system = TransitionSystem("up", (Variable("n", 0, 3, 0),), (up,))
    with pytest.raises(ModelError, match="'up' takes n to 4"):
        decide(system, Always(name="fine", condition=n >= 0))


def test_an_interrupt_stops_the_whole_ladder() -> None:
    def interrupt(*_: int) -> None:
        raise KeyboardInterrupt

    system = pods_on_nodes(4, 2, 2, counted=True, sorted_=True)
    verdict = decide(system, Always(name="fine", condition=True), progress=interrupt)
    assert verdict.method == "exhaustive search"
    assert verdict.reason.startswith("exhaustive search: interrupted")
