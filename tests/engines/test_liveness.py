"""Fair runs: what the engine says of systems small enough to think through, and that its lassos can be trusted."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings

from kverify.checks.deciding.stuck import ending, explain
from kverify.engines import bounded, bounded_lasso, induction
from kverify.engines.errors import ReplayError
from kverify.engines.history import as_always, forget
from kverify.engines.liveness import check, completes
from kverify.engines.portfolio import decide
from kverify.engines.replay import left_out, replay
from kverify.engines.verdict import Outcome, Trace, Verdict, combined
from kverify.model.expr import all_of, boolean, evaluate, integer, negate
from kverify.model.system import Action, Fairness, TransitionSystem, Variable
from kverify.spec.property import (
    Always,
    AlwaysEventually,
    Eventually,
    EventuallyAlways,
    Fair,
    LeadsTo,
    OnceAlways,
    Possibly,
    Property,
    Quiescence,
    Reaches,
    Until,
)

from . import reference
from .models import ROLLED_OUT, carousel, philosophers, pods_on_nodes, rolling_update
from .strategies import symmetric_systems

STRONG = Fair(everything=Fairness.STRONG)
WEAK = Fair(everything=Fairness.WEAK)
UNFAIR = Fair(everything=Fairness.NONE)


def door(fairness: Fairness = Fairness.WEAK) -> TransitionSystem:
    """A door that the wind opens and shuts for ever; a cat can slip through while it is open."""
    open_, out = boolean("open"), boolean("out")
    return TransitionSystem(
        "door",
        (Variable.boolean("open"), Variable.boolean("out")),
        (
            Action("open", "wind", all_of([negate(open_), negate(out)]), {"open": True}),
            Action("shut", "wind", all_of([open_, negate(out)]), {"open": False}),
            Action("slip out", "cat", all_of([open_, negate(out)]), {"out": True}, fairness=fairness),
        ),
    )


OUT = Eventually(name="the cat gets out", goal=boolean("out"))


def lasso(verdict: Verdict) -> Trace:
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.trace is not None
    return verdict.trace


def test_weak_fairness_lets_the_door_shut_in_the_cats_face_for_ever_and_strong_does_not() -> None:
    weak = check(door(), OUT)
    assert not weak.certain
    assert [s.action.name for s in lasso(weak).steps] == ["open", "shut"]
    assert lasso(weak).loop == 0
    assert check(door(Fairness.STRONG), OUT).outcome is Outcome.HOLDS
    assert check(door(), OUT, fair=STRONG).outcome is Outcome.HOLDS
    assert "every controller, scheduler and kubelet step is strongly fair; disturbances end" in (
        check(door(), OUT, fair=STRONG).assumptions
    )


def test_without_fairness_a_run_may_stop_anywhere() -> None:
    verdict = check(door(), OUT, fair=UNFAIR)
    assert lasso(verdict).steps == ()
    assert lasso(verdict).loop is None


def test_every_way_of_asking_about_the_cat() -> None:
    gone, open_ = boolean("out"), boolean("open")
    answers: dict[Outcome, list[Property]] = {
        Outcome.HOLDS: [
            Reaches(name="it can always leave", goal=gone),
            LeadsTo(name="out is out", premise=gone, goal=open_),
            OnceAlways(name="it never comes back", premise=gone, condition=gone),
            Possibly(name="it may leave", goal=gone),
        ],
        Outcome.VIOLATED: [
            OUT,
            EventuallyAlways(name="out for good", goal=gone),
            AlwaysEventually(name="it is out again and again", goal=gone),
            LeadsTo(name="an open door is used", premise=open_, goal=gone),
            Until(name="shut until it is out", hold=negate(open_), goal=gone),
            Quiescence(name="the wind drops"),
            OnceAlways(name="once open, open", premise=open_, condition=open_),
        ],
        Outcome.VACUOUS: [LeadsTo(name="no premise", premise=all_of([gone, negate(open_)]), goal=gone)],
    }
    for outcome, properties in answers.items():
        for prop in properties:
            verdict = check(door(), prop)
            assert verdict.outcome is outcome, prop
            assert not verdict.certain or isinstance(prop, Until), prop


def test_a_vacuous_premise_is_named_by_the_part_that_is_never_met() -> None:
    gone, open_ = boolean("out"), boolean("open")
    verdict = check(door(), LeadsTo(name="p", premise=all_of([gone, negate(open_)]), goal=gone))
    assert verdict.reason == "no reachable state satisfies out and not open"
    never = integer("pods0") == 3
    system = pods_on_nodes(2, 2, 2, counted=True, sorted_=True)
    verdict = check(system, LeadsTo(name="p", premise=all_of([integer("pending") >= 0, never]), goal=True))
    assert verdict.outcome is Outcome.VACUOUS
    assert verdict.reason == "no reachable state satisfies pods0 == 3"


def test_philosophers_starve_at_rest_or_because_their_neighbours_never_stop() -> None:
    hungry = check(philosophers(3), Eventually(name="somebody eats", goal=boolean("eaten")))
    assert [s.action.name for s in lasso(hungry).steps] == ["0 takes left", "1 takes left", "2 takes left"]
    first = integer("has0") == 2
    two = philosophers(2)
    starving = lasso(check(two, AlwaysEventually(name="the first eats", goal=first)))
    assert len(starving.steps) <= 3
    # Where the others may not pass it over for ever, only the deadlock is left, and it comes to rest.
    assert check(two, AlwaysEventually(name="the first eats", goal=first), fair=STRONG).trace is not None


def test_what_stays_reachable_and_is_avoided_for_ever_all_the_same_is_shown_as_a_lasso() -> None:
    gone = Reaches(name="the cat gets out", goal=boolean("out"))
    assert check(door(), gone).outcome is Outcome.HOLDS
    verdict = completes(door(), gone)
    assert [s.action.name for s in lasso(verdict).steps] == ["open", "shut"]
    assert lasso(verdict).loop == 0
    assert completes(door(Fairness.STRONG), gone).outcome is Outcome.HOLDS
    for_good = EventuallyAlways(name=gone.name, goal=gone.goal)
    assert lasso(decide(door(), for_good, limit=100, where_stuck=True)).loop == 0
    # What must only happen once may be undone again.
    opened = Reaches(name="the door opens", goal=boolean("open"))
    shut_in = evolve(door(), actions=door().actions[:2])
    assert completes(shut_in, opened, stays=False).outcome is Outcome.HOLDS
    assert lasso(completes(shut_in, opened)).loop is not None
    # What gets stuck is shown as such, not as a lasso.
    eaten = Reaches(name="somebody eats", goal=boolean("eaten"))
    assert lasso(completes(philosophers(2), eaten)).loop is None


def test_a_certain_violation_is_one_of_every_fair_run() -> None:
    x = integer("x")
    count = TransitionSystem("clock", (Variable("x", 0, 3, 0),), (Action("tick", "clock", True, {"x": (x + 1) % 4}),))
    settles = check(count, EventuallyAlways(name="it stops at 3", goal=x == 3))
    assert settles.certain
    assert len(lasso(settles).steps) == 4
    rests = check(count, Quiescence(name="it rests"))
    assert rests.certain
    # If nothing makes the clock tick, it may stop as well.
    assert not check(count, Quiescence(name="it rests"), fair=UNFAIR).certain
    assert check(count, Possibly(name="it strikes 4", goal=x == 4)).certain


def test_disturbances_end_unless_somebody_says_otherwise() -> None:
    up = boolean("up")
    node = TransitionSystem(
        "node",
        (Variable.boolean("up", True),),
        (
            Action("crash", "operator", up, {"up": False}, environment=True),
            Action("restart", "kubelet", negate(up), {"up": True}),
        ),
    )
    steady = EventuallyAlways(name="it stays up", goal=up)
    assert check(node, steady).outcome is Outcome.HOLDS
    assert check(node, Quiescence(name="it rests")).outcome is Outcome.HOLDS
    endless = Fair(endless_disturbances=True)
    trace = lasso(check(node, steady, fair=endless))
    assert [s.action.name for s in trace.steps] == ["crash", "restart"]
    with pytest.raises(ReplayError, match="needs the disturbance 'crash' again and again"):
        replay(trace, steady)


def test_a_loop_through_alike_states_is_unfolded_until_it_closes() -> None:
    system = carousel(3)
    ride = lasso(check(system, Quiescence(name="the ride ends")))
    assert ride.loop is not None
    assert ride.steps[-1].state == ride.states()[ride.loop]
    assert all(not step.action.environment for step in ride.steps[ride.loop :])
    # Weak fairness asks of every move that it is taken or not possible somewhere: two steps there and back do.
    assert len(ride.steps) - ride.loop == 2
    # Strong fairness asks that every move that is possible anywhere on the way is taken.
    assert all(
        {a.name for s in fair.states()[fair.loop :] for a in system.enabled(s)}
        == {"lose the key"} | {step.action.name for step in fair.steps[fair.loop :]}
        for fair in [lasso(check(system, Eventually(name="it stops", goal=boolean("done")), fair=STRONG))]
    )


def test_a_lasso_may_choose_the_parameters() -> None:
    """With neither surge nor unavailability nothing can begin: Z3 finds the sizes, and the run that never moves."""
    system = evolve(rolling_update(), assume=True)
    verdict = decide(system, Eventually(name="rolled out", goal=ROLLED_OUT), engine="bounded")
    assert verdict.method == "bounded search for lassos"
    trace = lasso(verdict)
    assert trace.loop is None
    assert not trace.system.parameters
    assert "surge = 0" in verdict.scope
    assert "unavailable = 0" in verdict.scope
    round_ = bounded_lasso.check(door(), OUT)
    assert lasso(round_).loop == 0
    assert len(lasso(round_).steps) == 2
    assert bounded_lasso.check(door(), OUT, fair=STRONG, depth=3).reason == "no violation within 3 steps"


# -- certificates ------------------------------------------------------------------------------------------------


@pytest.fixture(name="gust")
def gust_of_wind() -> Trace:
    return lasso(check(door(), OUT))


def test_an_honest_lasso_passes(gust: Trace) -> None:
    assert replay(gust, OUT) is gust


def test_what_a_loop_leaves_out_is_said_with_where_it_would_have_been_possible(gust: Trace) -> None:
    assert left_out(gust) == ("slip out is possible after step 1, not after 2, and is never done",)
    assert left_out(evolve(gust, loop=None)) == ()
    scene: Any = None
    stuck = explain(scene, gust)
    assert stuck.sentences == ("these steps can repeat for ever: open, then shut",)
    assert stuck.details == left_out(gust)
    assert ending(gust) == "it goes on like this for ever"


def test_a_lasso_that_treats_an_action_unfairly_is_refused(gust: Trace) -> None:
    with pytest.raises(ReplayError, match="'slip out' is strongly fair, enabled in the loop, never taken"):
        replay(gust, OUT, STRONG)
    with pytest.raises(ReplayError, match="'open' is weakly fair, always enabled in the loop, never taken"):
        replay(evolve(gust, steps=(), loop=None), OUT)
    strong = door(Fairness.STRONG)
    own = dict(zip(gust.system.actions, strong.actions, strict=True))
    steps = tuple(evolve(step, action=own[step.action]) for step in gust.steps)
    with pytest.raises(ReplayError, match="'slip out' is strongly fair"):
        replay(evolve(gust, system=strong, steps=steps), OUT)


def test_a_lasso_whose_loop_does_not_close_is_refused(gust: Trace) -> None:
    with pytest.raises(ReplayError, match="does not close"):
        replay(evolve(gust, loop=1), OUT)
    with pytest.raises(ReplayError, match="always enabled"):
        replay(evolve(gust, loop=None), OUT)


def test_a_lasso_with_a_changed_step_is_refused(gust: Trace) -> None:
    forged = evolve(gust.steps[0], state=(1, 1))
    with pytest.raises(ReplayError, match="step 1, open, leads to"):
        replay(evolve(gust, steps=(forged, gust.steps[1])), OUT)


@pytest.mark.parametrize(
    ("prop", "message"),
    [
        (Eventually(name="p", goal=boolean("open")), "the goal of p holds"),
        (AlwaysEventually(name="p", goal=boolean("open")), "the goal of p holds"),
        (EventuallyAlways(name="p", goal=negate(boolean("out"))), "holds for ever in the end"),
        (LeadsTo(name="p", premise=boolean("out"), goal=False), "the premise of p never holds"),
        (LeadsTo(name="p", premise=boolean("open"), goal=negate(boolean("open"))), "the goal of p holds"),
        (Until(name="p", hold=True, goal=boolean("open")), "the goal of p holds"),
        (OnceAlways(name="p", premise=boolean("out"), condition=boolean("open")), "the premise of p never holds"),
        (OnceAlways(name="p", premise=boolean("open"), condition=negate(boolean("open"))), "holds at the end"),
        (Possibly(name="p", goal=boolean("out")), "no run shows"),
    ],
)
def test_a_lasso_that_violates_something_else_is_refused(gust: Trace, prop: Property, message: str) -> None:
    with pytest.raises(ReplayError, match=message):
        replay(gust, prop)


def test_a_run_that_comes_to_rest_is_no_oscillation() -> None:
    trace = lasso(check(philosophers(2), Eventually(name="somebody eats", goal=boolean("eaten"))))
    with pytest.raises(ReplayError, match="comes to rest"):
        replay(trace, Quiescence(name="it rests"))


# -- what is known of the search ---------------------------------------------------------------------------------


def test_actions_that_never_happen_are_listed_with_what_keeps_them() -> None:
    system = pods_on_nodes(2, 3, 1, counted=True, sorted_=True)
    extra = Action("conjure", "nobody", all_of([integer("pending") >= 0, integer("pods1") > 1]), {"failed": 0})
    odd = Action("overload", "nobody", all_of([integer("pending") == 2, integer("failed") == 1]), {"failed": 0})
    asked = evolve(system, actions=(*system.actions, extra, odd), symmetry=())
    prop = AlwaysEventually(name="nothing has failed", goal=integer("failed") == 0)
    verdict = check(asked, prop, cover=True)
    assert verdict.outcome is Outcome.HOLDS
    assert verdict.coverage is not None
    assert verdict.coverage.idle is not None
    assert list(map(str, verdict.coverage.idle)) == [
        "conjure never happens: 1 < pods1 is never true",
        "overload never happens: pending == 2 and failed == 1 is never true",
    ]
    assert verdict.coverage.fired["conjure"] == 0
    assert verdict.coverage.fired["replace"] > 0


def test_an_action_of_which_only_an_alike_one_is_seen_is_not_called_idle() -> None:
    system = pods_on_nodes(1, 3, 1, counted=True, sorted_=True)
    verdict = check(system, Eventually(name="p", goal=integer("pending") == 0), cover=True)
    assert verdict.coverage is not None
    assert verdict.coverage.idle == ()
    assert not all(verdict.coverage.fired.values())


def test_an_interrupted_search_says_so_or_shows_what_it_has_found() -> None:
    def stop(found: int, _: int) -> None:
        if found > 1_000:
            raise KeyboardInterrupt

    grid = TransitionSystem(
        "grid",
        (Variable("x", 0, 99, 0), Variable("y", 0, 99, 0)),
        (
            Action("right", "test", integer("x") < 99, {"x": integer("x") + 1}),
            Action("up", "test", integer("y") < 99, {"y": integer("y") + 1}),
            Action("back", "test", integer("x") == 2, {"x": 0}),
        ),
    )
    far = check(grid, Eventually(name="p", goal=integer("x") + integer("y") >= 150), progress=stop, fair=STRONG)
    assert far.outcome is Outcome.UNKNOWN
    assert far.reason == f"interrupted; {far.states:,} states explored"
    assert far.states > 1_000
    assert far.coverage is not None
    assert far.coverage.fired["right"] > 0
    assert far.coverage.idle is None
    near = check(grid, Eventually(name="p", goal=integer("y") > 0), progress=stop, fair=UNFAIR)
    assert near.outcome is Outcome.VIOLATED
    assert not near.certain
    assert "interrupted" in near.evidence


def test_outcomes_combine_to_the_worst() -> None:
    good, odd, lost, bad = (Verdict(outcome=o, method="test") for o in Outcome)
    assert combined([good, odd]) is Outcome.VACUOUS
    assert combined([good, odd, lost]) is Outcome.UNKNOWN
    assert combined([bad, lost, good]) is Outcome.VIOLATED
    assert combined([]) is Outcome.VACUOUS


# -- history ------------------------------------------------------------------------------------------------------


ONCE_OPEN = OnceAlways(name="once replaced, never gone", premise=integer("new") >= 1, condition=integer("new") >= 1)


def test_a_history_variable_lets_induction_prove_once_always_for_every_size() -> None:
    system = rolling_update()
    verdict = induction.check(*as_always(system, ONCE_OPEN))
    assert verdict.outcome is Outcome.HOLDS
    assert decide(system, ONCE_OPEN).outcome is Outcome.HOLDS


def test_a_trace_with_a_history_variable_is_one_without() -> None:
    system = rolling_update().fix(replicas=2, surge=1, unavailable=1)
    prop = OnceAlways(name="p", premise=integer("new") >= 1, condition=integer("old") >= 1)
    found = bounded.check(*as_always(system, prop), depth=6)
    assert found.trace is not None
    assert replay(forget(found.trace, system), prop)
    expected = check(system, prop)
    assert len(lasso(expected).steps) == len(found.trace.steps)


def test_a_violation_with_open_parameters_is_a_run_of_the_fixed_system() -> None:
    prop = OnceAlways(name="p", premise=integer("new") >= 2, condition=integer("old") >= 1)
    verdict = decide(rolling_update(), prop)
    assert verdict.outcome is Outcome.VIOLATED
    assert not lasso(verdict).system.parameters
    assert replay(lasso(verdict), prop)


def test_safety_is_certain_when_every_fair_run_shows_it() -> None:
    system = rolling_update().fix(replicas=2, surge=1, unavailable=0)
    assert check(system, Always(name="p", condition=integer("new") < 2)).certain
    assert check(system, OnceAlways(name="p", premise=integer("new") == 1, condition=integer("new") < 2)).certain
    assert not check(system, Always(name="p", condition=integer("old") + integer("new") < 3), fair=UNFAIR).certain


@settings(max_examples=30)
@given(system=symmetric_systems())
def test_what_is_called_idle_never_happens_and_everything_else_does(system: TransitionSystem) -> None:
    verdict = check(system, Quiescence(name="p"), cover=True)
    assert verdict.coverage is not None
    reachable = set().union(*reference.layers(system))
    happens = {action.name for state in reachable for action in system.enabled(state)}
    idle = verdict.coverage.idle
    assert idle is not None
    # One block stands for all: "action 0 of 2" is that of every block.
    assert {entry.action.name[:8] for entry in idle} == {a.name[:8] for a in system.actions} - {n[:8] for n in happens}
    for entry in idle:
        assert not any(evaluate(entry.blocked_by, system.view(state)) for state in reachable)
