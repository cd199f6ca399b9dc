"""Exhaustive search: the numbers of states everybody agrees on, the verdicts, and the ways to stop early."""

from __future__ import annotations

import pytest
from attrs import evolve

from kverify.engines.errors import ModelError, SymmetryError
from kverify.engines.explicit import check, explore
from kverify.engines.replay import replay
from kverify.engines.verdict import Outcome
from kverify.model.expr import Condition, all_of, boolean, evaluate, integer, negate, substitute
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always, Reaches

from .models import ROLLED_OUT, carousel, philosophers, pods_on_nodes, rolling_update, within_capacity


@pytest.mark.parametrize(
    ("n", "m", "c", "counted", "sorted_", "states"),
    [
        (6, 3, 3, False, False, 118_640),
        (6, 3, 3, False, True, 1_320),
        (6, 3, 3, True, False, 1_320),
        (6, 3, 3, True, True, 314),
        (8, 3, 3, True, False, 2_304),
        (8, 3, 3, True, True, 540),
        (12, 3, 5, True, False, 9_544),
        (12, 3, 5, True, True, 2_016),
        (20, 4, 6, True, False, 346_080),
        (20, 4, 6, True, True, 21_468),
    ],
)
def test_numbers_of_states_that_spin_and_tlc_agree_on(
    n: int, m: int, c: int, counted: bool, sorted_: bool, states: int
) -> None:
    search = explore(pods_on_nodes(n, m, c, counted=counted, sorted_=sorted_))
    assert (len(search.states), search.complete, search.reason) == (states, True, "")


def test_successors_count_every_enabled_action_and_the_initial_state() -> None:
    search = explore(pods_on_nodes(6, 3, 3, counted=False, sorted_=False))
    assert search.successors == 1_338_673
    assert search.transitions == 1_338_672


def test_with_edges_the_search_finds_the_same() -> None:
    system = pods_on_nodes(6, 3, 3, counted=True, sorted_=True)
    plain, search = explore(system), explore(system, keep_edges=True)
    assert (search.states, search.parents, search.successors) == (plain.states, plain.parents, plain.successors)
    edges = search.edges
    assert edges is not None
    assert len(edges.targets) == search.transitions
    for position, state in enumerate(search.states):
        expected = [(i, search.states.index(after)) for i, after in search.compiled.moves(state)]
        assert list(edges.of(position)) == expected


def test_states_come_in_the_order_of_their_distance_with_shortest_paths() -> None:
    search = explore(pods_on_nodes(4, 2, 2, counted=True, sorted_=True))
    lengths = [len(search.path(i)) for i in range(len(search.states))]
    assert lengths == sorted(lengths)
    assert search.trace(len(search.states) - 1).final in explore(search.system, reduce=False).states


def test_several_starts_count_one_successor_each_orbit() -> None:
    system = TransitionSystem(
        "starts",
        variables=(Variable("x"), Variable("y")),
        actions=(),
        starts=((1, 0), (0, 1), (2, 2)),
        symmetry=((("x",), ("y",)),),
    )
    assert explore(system, reduce=False).successors == 3
    search = explore(system)
    assert (search.states, search.successors) == ([(0, 1), (2, 2)], 2)
    assert search.trace(0).start == (1, 0)


# -- stopping early ----------------------------------------------------------------------------------------------


def test_the_limit_leaves_the_search_incomplete_and_the_verdict_unknown() -> None:
    system = pods_on_nodes(6, 3, 3, counted=True, sorted_=False)
    search = explore(system, limit=100)
    assert not search.complete
    assert 100 < len(search.states) < 200
    for prop in (Always(name="fine", condition=True), Reaches(name="fine", goal=True)):
        verdict = check(system, prop, limit=100)
        assert verdict.outcome is Outcome.UNKNOWN
        assert verdict.reason.startswith("more than 100 states; ")
        assert verdict.states == len(search.states)


def test_a_limit_that_is_just_enough_is_enough() -> None:
    system = pods_on_nodes(6, 3, 3, counted=True, sorted_=True)
    assert explore(system, limit=314).complete
    assert not explore(system, limit=313).complete


def test_a_violation_within_the_limit_is_reported() -> None:
    system = pods_on_nodes(6, 3, 3, counted=True, sorted_=False)
    verdict = check(system, Always(name="nothing fails", condition=integer("failed") == 0), limit=50)
    assert verdict.outcome is Outcome.VIOLATED


@pytest.mark.parametrize("prop", [Always(name="fine", condition=True), Reaches(name="fine", goal=True)])
def test_an_interrupt_is_an_unknown_that_says_how_far_the_search_came(prop: Always | Reaches) -> None:
    def interrupt(states: int, waiting: int) -> None:
        assert states >= waiting
        raise KeyboardInterrupt

    verdict = check(pods_on_nodes(12, 3, 5, counted=True, sorted_=False), prop, progress=interrupt)
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason == f"interrupted; {verdict.states:,} states explored"
    assert 0 < verdict.states < 9_544


def test_progress_ends_with_all_states_and_none_waiting() -> None:
    calls: list[tuple[int, int]] = []
    explore(pods_on_nodes(12, 3, 5, counted=True, sorted_=False), progress=lambda *call: calls.append(call))
    assert calls[-1] == (9_544, 0)
    assert len(calls) > 1


def test_a_model_error_inside_the_search_names_action_and_variable() -> None:
    system = TransitionSystem("up", (Variable("n", 0, 3, 0),), (Action("up", "test", True, {"n": integer("n") + 1}),))
    with pytest.raises(ModelError, match="'up' takes n to 4"):
        explore(system)


@pytest.mark.parametrize("where", ["guard", "property"])
def test_a_division_by_zero_is_a_model_error(where: str) -> None:
    bad = integer("m") // integer("n") == 1
    guard = bad if where == "guard" else True
    system = TransitionSystem(
        "divide",
        (Variable("m", 0, 3, 0), Variable("n", 0, 3, 0)),
        (Action("stay", "test", guard, {}),),
    )
    with pytest.raises(ModelError, match=r"divisor is zero|divides by zero"):
        check(system, Always(name="divide", condition=bad))


# -- verdicts ----------------------------------------------------------------------------------------------------


def test_what_holds_says_how_many_states_were_seen() -> None:
    system = pods_on_nodes(6, 3, 3, counted=True, sorted_=True)
    verdict = check(system, Always(name="capacity", condition=within_capacity(system, 3, 3)))
    assert (verdict.outcome, verdict.method) == (Outcome.HOLDS, "exhaustive search")
    assert verdict.evidence == "314 states, 2,286 transitions"
    assert verdict.states == 314


def test_a_premise_nobody_meets_makes_a_property_vacuous() -> None:
    system = pods_on_nodes(4, 2, 2, counted=True, sorted_=True)
    premise = integer("failed") > 4
    for prop in (
        Always(name="always", condition=True, premise=premise),
        Reaches(name="reaches", goal=False, premise=premise),
    ):
        verdict = check(system, prop)
        assert verdict.outcome is Outcome.VACUOUS
        assert verdict.reason == "no reachable state satisfies 4 < failed"


def test_a_safety_violation_has_a_shortest_trace() -> None:
    system = pods_on_nodes(6, 3, 3, counted=True, sorted_=True)
    prop = Always(name="at most one pod fails", condition=integer("failed") <= 1)
    verdict = check(system, prop)
    assert verdict.trace is not None
    assert [step.action.component for step in verdict.trace.steps] == ["scheduler", "scheduler", "kubelet", "kubelet"]
    assert verdict.trace.system is system


def test_a_rollout_that_always_can_complete() -> None:
    system = rolling_update().fix(replicas=3, surge=1, unavailable=0)
    assert check(system, Reaches(name="complete", goal=rolled_out(3))).outcome is Outcome.HOLDS


def rolled_out(replicas: int) -> Condition:
    goal: Condition = substitute(ROLLED_OUT, {"replicas": replicas})
    return goal


def test_a_rollout_without_surge_or_unavailability_is_certainly_stuck() -> None:
    """What ``assume`` forbids and API validation rejects: the very first state is at rest."""
    system = evolve(rolling_update(), assume=True).fix(replicas=3, surge=0, unavailable=0)
    verdict = check(system, Reaches(name="complete", goal=rolled_out(3)))
    assert (verdict.outcome, verdict.certain) == (Outcome.VIOLATED, True)
    assert verdict.trace is not None
    assert verdict.trace.steps == ()


def test_a_deadlock_is_shown_by_the_shortest_way_to_it() -> None:
    system = philosophers(4)
    verdict = check(system, Reaches(name="somebody eats", goal=boolean("eaten")))
    assert (verdict.outcome, verdict.certain) == (Outcome.VIOLATED, False)
    assert verdict.trace is not None
    assert [step.action.name for step in verdict.trace.steps] == [f"{i} takes left" for i in range(4)]
    assert verdict.trace.loop is None
    assert system.enabled(verdict.trace.final) == ()


@pytest.mark.parametrize("n", [2, 3, 5])
def test_an_endless_ride_is_shown_as_a_loop_that_really_closes(n: int) -> None:
    """Sorted, the ride is a step from a state to itself; the trace must come back to the very same horse."""
    system = carousel(n)
    prop = Reaches(name="it stops", goal=boolean("done"))
    verdict = check(system, prop)
    trace = verdict.trace
    assert trace is not None
    assert trace.steps[0].action.name == "lose the key"
    assert trace.loop is not None
    assert trace.states()[trace.loop] == trace.final
    assert len(trace.steps) - trace.loop >= 2
    assert replay(trace, prop) is trace


def test_a_stuck_state_at_rest_is_preferred_to_a_nearer_one_that_is_not() -> None:
    """From 1 the goal is out of reach although steps remain; 4 is further away, but nothing happens there."""
    n = integer("n")
    system = TransitionSystem(
        "road",
        (Variable("n", 0, 5, 0),),
        (
            Action("reach", "test", n == 0, {"n": 5}),
            *(Action(f"drive to {i + 1}", "test", n == i, {"n": i + 1}) for i in range(4)),
        ),
    )
    verdict = check(system, Reaches(name="home", goal=n == 5))
    assert verdict.trace is not None
    assert verdict.trace.final == (4,)
    premised = check(system, Reaches(name="home", goal=n == 5, premise=n == 2))
    assert premised.trace is not None
    assert premised.trace.final == (4,)
    assert [step.state for step in premised.trace.steps] == [(1,), (2,), (3,), (4,)]


def test_disturbances_are_never_needed_to_reach_the_goal() -> None:
    n = integer("n")
    system = TransitionSystem(
        "luck", (Variable("n", 0, 1, 0),), (Action("luck", "operator", n == 0, {"n": 1}, environment=True),)
    )
    verdict = check(system, Reaches(name="one", goal=n == 1))
    assert (verdict.outcome, verdict.certain) == (Outcome.VIOLATED, False), "with luck it is reached"
    verdict = check(evolve(system, actions=()), Reaches(name="one", goal=n == 1))
    assert (verdict.outcome, verdict.certain) == (Outcome.VIOLATED, True)


def test_a_violation_whose_component_is_left_only_by_disturbances() -> None:
    """Two states for ever, unless somebody helps: that is a violation, with a loop free of disturbances."""
    n = integer("n")
    system = TransitionSystem(
        "to and fro",
        (Variable("n", 0, 2, 0),),
        (
            Action("to", "test", n == 0, {"n": 1}),
            Action("fro", "test", n == 1, {"n": 0}),
            Action("help", "operator", n == 1, {"n": 2}, environment=True),
        ),
    )
    verdict = check(system, Reaches(name="two", goal=n == 2))
    assert verdict.trace is not None
    assert [step.action.name for step in verdict.trace.steps] == ["to", "fro"]
    assert verdict.trace.loop == 0


def test_a_wrong_claim_of_symmetry_is_refused() -> None:
    system = pods_on_nodes(3, 2, 2, counted=True, sorted_=True)
    odd = Action("favourite", "scheduler", integer("pods0") == 0, {"pods0": 1})
    wrong = TransitionSystem("wrong", system.variables, (*system.actions, odd), symmetry=system.symmetry)
    with pytest.raises(SymmetryError, match="'favourite' tells them apart"):
        check(wrong, Always(name="fine", condition=True))


def test_a_property_of_one_node_is_decided_without_merging_nodes() -> None:
    system = pods_on_nodes(4, 2, 2, counted=True, sorted_=True)
    prop = Always(name="the last node stays empty", condition=integer("pods1") == 0)
    verdict = check(system, prop)
    assert verdict.trace is not None
    assert not evaluate(prop.condition, system.view(verdict.trace.final))


@pytest.mark.parametrize("counted", [False, True])
def test_a_seeded_scheduler_bug_is_found(counted: bool) -> None:
    """A scheduler that looks at capacity one too late overfills a node: all variants of the model show it."""
    right = pods_on_nodes(4, 2, 2, counted=counted, sorted_=True)
    wrong = pods_on_nodes(4, 2, 3, counted=counted, sorted_=True)
    prop = Always(name="capacity", condition=within_capacity(right, 2, 2))
    assert check(right, prop).outcome is Outcome.HOLDS
    verdict = check(wrong, prop)
    assert verdict.trace is not None
    assert [step.action.component for step in verdict.trace.steps] == ["scheduler"] * 3


def test_no_variables_and_no_actions_is_a_system_of_one_state() -> None:
    verdict = check(TransitionSystem("empty", (), ()), Always(name="fine", condition=True))
    assert (verdict.outcome, verdict.states) == (Outcome.HOLDS, 1)
    stuck = check(TransitionSystem("empty", (), ()), Reaches(name="never", goal=all_of([negate(True)])))
    assert (stuck.outcome, stuck.certain) == (Outcome.VIOLATED, True)
