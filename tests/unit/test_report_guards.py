"""What keeps actions from happening is said with the values of now, and says what the guard says."""

from __future__ import annotations

import itertools
import re

from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from kverify.engines.verdict import Step, Trace
from kverify.model.expr import Condition, Number, all_of, evaluate, integer, lift, total
from kverify.model.legend import Legend, PlaceLegend, Pods, RevisionLegend, WorkloadLegend
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.report.guards import held_up

NAMES = ("a", "b", "c")
Sum = tuple[dict[str, int], int]


def sums() -> st.SearchStrategy[Sum]:
    return st.tuples(st.dictionaries(st.sampled_from(NAMES), st.integers(-3, 3)), st.integers(-5, 5))


def expression(chosen: Sum) -> Number:
    return total([*(factor * integer(name) for name, factor in chosen[0].items()), chosen[1]])


def stuck(*actions: Action, values: tuple[int, ...] = (0, 0, 0), legend: Legend | None = None) -> Trace:
    """A run without steps that ends where nothing moves."""
    system = TransitionSystem("s", tuple(Variable(name, None) for name in NAMES), actions, legend=legend)
    return Trace(system, values, ())


def waits(guard: Condition, name: str = "act", component: str = "kubelet") -> Action:
    return Action(name, component, guard=guard, updates={})


def worth(text: str, values: dict[str, int]) -> int:
    """A condition or a number as it is written, worked out by Python itself."""
    return int(eval(text, {"__builtins__": {}}, values))


@given(sums(), sums(), st.sampled_from(("<=", "<", "==")), st.tuples(*(st.integers(-6, 6) for _ in NAMES)))
def test_a_comparison_without_minus_says_the_same(left: Sum, right: Sum, sign: str, now: tuple[int, ...]) -> None:
    one, two = expression(left), expression(right)
    part = {"<=": lift(one) <= two, "<": lift(one) < two, "==": lift(one) == two}[sign]
    values = dict(zip(NAMES, now, strict=True))
    assume(not isinstance(part, bool) and len(part.variables()) > 1 and not evaluate(part, values))
    (held,) = held_up(stuck(waits(all_of([integer("a") <= 100, part])), values=now))
    (unmet,) = held.unmet
    assert not worth(unmet.text, values)
    sides = re.split(" (?:<=|<|==) ", unmet.text)
    assert [worth(side, values) for side in sides] == [unmet.left, unmet.right]
    assert " - " not in unmet.text
    assert " - " not in unmet.text
    for other in itertools.product((-2, 0, 3), repeat=3):
        others = dict(zip(NAMES, other, strict=True))
        assert worth(unmet.text, others) == evaluate(part, others)


def test_what_has_nothing_to_do_waits_for_nothing() -> None:
    a, b, c = map(integer, NAMES)
    nothing_there = waits(all_of([b + c <= 5, a >= 1, b >= 7]))
    nothing_to_do = waits(all_of([a + b >= 1, b + c <= -1]))
    assert held_up(stuck(nothing_there, nothing_to_do)) == ()
    assert [held.actions for held in held_up(stuck(waits(all_of([a <= 0, b + c >= 2]))))] == [("act",)]


def test_nothing_waits_where_something_moves_or_goes_round() -> None:
    a, b, c = map(integer, NAMES)
    blocked = waits(all_of([a <= 0, b + c >= 2]))
    assert held_up(stuck(blocked))
    assert held_up(stuck(blocked, waits(c <= 0, "other"))) == ()
    round_ = evolve(stuck(blocked), steps=(Step(blocked, (0, 0, 0)),), loop=0)
    assert held_up(round_) == ()
    # What may happen or not is no movement, and waits for nothing.
    chance = evolve(waits(c <= 0, "chance"), environment=True)
    assert [held.actions for held in held_up(stuck(blocked, chance))] == [("act",)]


def test_actions_with_the_same_reason_are_told_together_and_the_scheduler_is_left_to_the_filters() -> None:
    a, b, c = map(integer, NAMES)
    guard = all_of([a <= 0, b + c >= 2])
    held = held_up(stuck(waits(guard, "one"), waits(guard, "two"), waits(guard, "bind", "scheduler")))
    assert [(row.component, row.actions) for row in held] == [("kubelet", ("one", "two"))]
    assert [(u.text, u.left, u.right) for u in held[0].unmet] == [("2 <= b + c", 2, 0)]


def test_a_sum_over_all_places_is_one_variable() -> None:
    a, b, c = map(integer, NAMES)
    pods = (Pods("b", "ready", "n1"), Pods("c", "ready", "n2"))
    revision = RevisionLegend(key="r", title="R", ready=True, wanted="", pods=pods)
    workload = WorkloadLegend(name="w", replicas=1, strategy="", least=None, most=None, revisions=(revision,))
    legend = Legend(workloads=(workload,), places=(PlaceLegend(name="n1"), PlaceLegend(name="n2")))

    def text(condition: Condition) -> str:
        (held,) = held_up(stuck(waits(all_of([a <= 0, condition])), legend=legend))
        return held.unmet[0].text

    assert text(b + c >= 2) == "2 <= r.ready"
    assert text(2 * b + 2 * c >= a + 3) == "a + 3 <= 2 * r.ready"
    assert text(2 * b + c >= 2) == "2 <= 2 * b + c"
