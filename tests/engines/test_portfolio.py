"""The portfolio: the cheapest engine that can decide, and what everybody said when nobody could."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from kverify.engines import compiled, induction, portfolio, walk
from kverify.engines.errors import ModelError
from kverify.engines.portfolio import ENGINES, LADDER, decide
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import boolean, integer
from kverify.model.system import Action, Fairness, TransitionSystem, Variable
from kverify.spec.property import Always, Eventually, EventuallyAlways, Fair, LeadsTo, Possibly, Reaches

from .models import ROLLED_OUT, ROLLING_INVARIANT, ROLLING_RANK, philosophers, pods_on_nodes, rolling_update

SURGE = Always(name="surge", condition=integer("old") + integer("new") <= integer("replicas") + integer("surge"))


def test_open_parameters_go_to_induction() -> None:
    assert decide(rolling_update(), SURGE).method == "induction"


def test_numbers_go_to_the_exhaustive_search() -> None:
    verdict = decide(philosophers(3), Reaches(name="somebody eats", goal=boolean("eaten")))
    assert (verdict.outcome, verdict.method) == (Outcome.VIOLATED, "exhaustive search")


def test_lemmas_help_induction_where_the_search_is_too_small() -> None:
    system = pods_on_nodes(4, 2, 2, counted=True, sorted_=True)
    prop = Always(name="room", condition=integer("pods0") <= 2, lemmas=(integer("pods1") <= 2,))
    assert decide(system, prop).method == "exhaustive search"
    assert decide(system, prop, limit=1).method == "induction"


def test_a_rank_proves_progress_without_numbers() -> None:
    prop = Reaches(name="complete", goal=ROLLED_OUT)
    verdict = decide(rolling_update(), prop, invariant=ROLLING_INVARIANT, rank=ROLLING_RANK)
    assert (verdict.outcome, verdict.method) == (Outcome.HOLDS, "ranking function")
    unknown = decide(rolling_update(), prop)
    assert unknown.outcome is Outcome.UNKNOWN
    assert [said.about for said in unknown.rungs] == ["can it get stuck"] * len(unknown.rungs)


def test_a_rank_that_proves_nothing_is_followed_by_the_search() -> None:
    fixed = rolling_update().fix(replicas=2, surge=1, unavailable=0)
    prop = Reaches(name="gone", goal=integer("old") == 0)
    with patch.object(portfolio, "SMALL", 1):
        verdict = decide(fixed, prop, rank=integer("old"))
    assert (verdict.outcome, verdict.method) == (Outcome.HOLDS, "exhaustive search")
    assert [said.engine for said in verdict.rungs][:2] == ["explicit", "ranking"]


def test_a_rank_proves_that_a_goal_lasts_only_if_nothing_leaves_it() -> None:
    """Ten steps lead to the goal, and one leads away again: it is reached for ever, and never for good."""
    n = integer("n")
    down = Action("down", "test", n > 0, {"n": n - 1})
    again = Action("again", "test", n == 0, {"n": 9})
    system = TransitionSystem("round", (Variable("n", 0, 9, 9),), (down, again))
    goal, rank, invariant = n == 0, n, n >= 0
    reached = decide(system, Eventually(name="zero", goal=goal), rank=rank, invariant=invariant, engine="ranking")
    assert reached.outcome is Outcome.HOLDS
    lasts = decide(system, EventuallyAlways(name="zero", goal=goal), rank=rank, invariant=invariant, engine="ranking")
    assert lasts.outcome is Outcome.UNKNOWN
    assert "'again' leaves the goal" in lasts.reason
    assert decide(system, EventuallyAlways(name="zero", goal=goal)).outcome is Outcome.VIOLATED


def test_a_rank_says_nothing_where_no_step_has_to_be_taken() -> None:
    n = integer("n")
    steps = tuple(Action("down", "test", n > 0, {"n": n - 1}, fairness=f) for f in (Fairness.WEAK, Fairness.NONE))
    prop = Eventually(name="zero", goal=n == 0)
    outcomes = []
    for step in steps:
        system = TransitionSystem("down", (Variable("n", 0, 9, 9),), (step,))
        outcomes.append(decide(system, prop, rank=n, invariant=n >= 0, engine="ranking").outcome)
    assert outcomes == [Outcome.HOLDS, Outcome.UNKNOWN]
    system = TransitionSystem("down", (Variable("n", 0, 9, 9),), steps[:1])
    unfair = Fair(everything=Fairness.NONE)
    assert decide(system, prop, rank=n, invariant=n >= 0, fair=unfair, engine="ranking").outcome is Outcome.UNKNOWN
    assert decide(system, prop, rank=n, invariant=n >= 0, fair=unfair).outcome is Outcome.VIOLATED


def endless() -> TransitionSystem:
    n = integer("n")
    return TransitionSystem("endless", (Variable("n", initial=0),), (Action("up", "test", True, {"n": n + 1}),))


def test_when_nobody_decides_everybody_is_quoted() -> None:
    n = integer("n")
    prop = Always(name="not a thousand", condition=n != 1000, lemmas=(n >= 0,))
    verdict = decide(endless(), prop, limit=20, depth=3)
    assert verdict.outcome is Outcome.UNKNOWN
    assert (verdict.method, verdict.states) == ("exhaustive search", 21)
    assert verdict.reason == "more than 20 states; 21 states explored"
    said = {rung.engine: rung.reason for rung in verdict.rungs}
    assert list(said) == ["explicit", "induction", "walk", "houdini", "spacer", "bounded"]
    assert said["induction"].startswith("not 1-inductive: 'up' leads from n = 999 to n = 1000")
    assert said["walk"] == "none in 300 random walks"
    assert said["bounded"] == "no violation within 3 steps"


@pytest.mark.parametrize(("engine", "outcome"), [("explicit", "unknown"), ("bounded", "unknown"), ("walk", "violated")])
def test_only_the_engine_that_is_named_is_asked(engine: str, outcome: str) -> None:
    prop = Always(name="not thirty", condition=integer("n") != 30)
    verdict = decide(endless(), prop, limit=20, engine=engine)
    assert str(verdict.outcome) == outcome
    assert {said.engine for said in verdict.rungs} == {engine}


def test_an_engine_that_has_nothing_to_say_says_why() -> None:
    said = {
        name: decide(rolling_update(), Reaches(name="complete", goal=ROLLED_OUT), engine=name)
        for name in ("explicit", "ranking")
    }
    assert all(verdict.outcome is Outcome.UNKNOWN and not verdict.rungs for verdict in said.values())
    assert said["explicit"].reason == "it needs numbers for the open parameters (replicas, surge, unavailable)"
    assert said["ranking"].reason == "it needs a ranking function, and the question comes without one"
    leads = LeadsTo(name="up", premise=integer("n") == 1, goal=integer("n") == 2)
    assert decide(endless(), leads, engine="houdini").reason == "it only decides what is asked of single states"


def test_walks_that_were_cut_short_do_not_count_as_done() -> None:
    prop = Always(name="below thirty", condition=integer("n") < 30)
    with patch.object(walk, "over", lambda: "the time is over"):
        assert walk.check(endless(), prop).reason == "the time is over"


def test_nobody_else_is_asked_after_an_interruption() -> None:
    def interrupted(system: TransitionSystem, *_: object, **__: object) -> Verdict:
        return Verdict(outcome=Outcome.UNKNOWN, method="induction", scope=system.name, reason="no; interrupted")

    prop = Always(name="below thirty", condition=integer("n") < 30)
    with patch.object(induction, "check", interrupted):
        assert [said.engine for said in decide(endless(), prop, limit=20).rungs] == ["explicit", "induction"]


def test_every_engine_of_the_ladder_has_a_name_and_every_name_is_in_the_ladder() -> None:
    assert {rung.engine for rung in LADDER} == set(ENGINES)


def test_what_is_possible_is_found_by_walks_and_excluded_by_proofs() -> None:
    n = integer("n")
    found = decide(endless(), Possibly(name="thirty", goal=n == 30), limit=20)
    assert (found.outcome, found.method) == (Outcome.HOLDS, "random walks")
    assert found.witness is not None
    never = decide(endless(), Possibly(name="negative", goal=n < 0), limit=20)
    assert (never.outcome, never.method, never.certain) == (Outcome.VIOLATED, "induction", True)


def test_what_the_search_cannot_finish_others_may_find() -> None:
    system = pods_on_nodes(6, 3, 3, counted=True, sorted_=False)
    prop = Always(name="four fail", condition=integer("failed") < 3)
    assert decide(system, prop, limit=20).method == "random walks"
    assert decide(system, prop, limit=20, engine="bounded").method == "bounded model checking"


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
    assert verdict.reason.startswith("interrupted")
    assert [said.engine for said in verdict.rungs] == ["explicit"]


def test_an_expression_that_is_too_large_for_one_engine_is_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_LONGEST", 3)
    n = integer("n")
    system = TransitionSystem("up", (Variable("n", 0, 9, 0),), (Action("up", "test", n < 9, {"n": n + 1}, says="up"),))
    verdict = portfolio.decide(system, Always(name="small", condition=n <= 9))
    assert verdict.outcome is Outcome.HOLDS
    assert any("too large to be compiled" in said.reason for said in verdict.rungs)
    alone = portfolio.decide(system, Always(name="small", condition=n <= 9), engine="explicit")
    assert (alone.outcome, "too large" in alone.reason) == (Outcome.UNKNOWN, True)
    assert portfolio.possible(system, n + n + n >= 30, limit=None)
