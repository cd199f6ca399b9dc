"""Bounded search, induction and ranking functions: proofs for every size, and counterexamples for some."""

from __future__ import annotations

import pytest
from attrs import evolve

from kverify.engines import bounded, induction, progress
from kverify.engines.errors import CertificateError, ModelError
from kverify.engines.replay import replay
from kverify.engines.verdict import Outcome
from kverify.model.expr import Condition, all_of, boolean, integer, ite, negate
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always, Reaches, fix

from .models import ROLLED_OUT, ROLLING_INVARIANT, ROLLING_RANK, philosophers, rolling_update, two_counters

replicas, surge, unavailable = integer("replicas"), integer("surge"), integer("unavailable")
old, new, available = integer("old"), integer("new"), integer("available")
a, b = integer("a"), integer("b")

AVAILABLE = Always(name="available", condition=old + available >= replicas - unavailable)
SURGE = Always(name="surge", condition=old + new <= replicas + surge)
COMPLETE = Reaches(name="complete", goal=ROLLED_OUT)
EVERY = (
    "every replicas, surge, unavailable where 1 <= surge + unavailable and unavailable <= replicas "
    "and 1 <= replicas and 0 <= surge and 0 <= unavailable"
)


# -- induction ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prop", [AVAILABLE, SURGE], ids=lambda prop: prop.name)
def test_what_a_rollout_promises_is_proved_for_every_size(prop: Always) -> None:
    verdict = induction.check(rolling_update(), prop)
    assert (verdict.outcome, verdict.method) == (Outcome.HOLDS, "induction")
    assert verdict.scope == EVERY
    assert verdict.evidence == f"invariant: {prop.condition}"


def test_a_seeded_surge_bug_is_a_violation_with_the_smallest_numbers_that_show_it() -> None:
    system = rolling_update(surge_bug=1)
    for verdict in (induction.check(system, SURGE), bounded.check(system, SURGE)):
        assert verdict.outcome is Outcome.VIOLATED
        assert verdict.trace is not None
        assert [step.action.name for step in verdict.trace.steps] == ["create"]
        parameters = {name: int(number) for name, number in (part.split(" = ") for part in verdict.scope.split(", "))}
        assert replay(verdict.trace, fix(SURGE, parameters))


def test_lost_readiness_breaks_availability() -> None:
    verdict = bounded.check(rolling_update(loses_readiness=True), AVAILABLE)
    assert verdict.trace is not None
    assert verdict.trace.steps[-1].action.name == "lose readiness"


def test_a_property_that_needs_a_lemma_gets_it_or_a_longer_look() -> None:
    prop = Always(name="order", condition=a <= b)
    assert induction.check(two_counters(), prop).method == "2-induction"
    verdict = induction.check(two_counters(), prop, depth=1)
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason.startswith("not 1-inductive: 'raise a' leads from a = ")
    helped = evolve(prop, lemmas=(b == a + ite(boolean("turn"), 1, 0),))
    assert induction.check(two_counters(), helped, depth=1).outcome is Outcome.HOLDS


def test_lemmas_that_are_no_invariants_are_dropped_and_do_no_harm() -> None:
    lemmas = (b == a + ite(boolean("turn"), 1, 0), a <= 7, a == 0, b > a)
    verdict = induction.check(two_counters(), Always(name="order", condition=a <= b, lemmas=lemmas), depth=1)
    assert verdict.evidence == "invariant: a <= b and b == a + (1 if turn else 0)"


def test_ranges_are_proved_before_they_are_used() -> None:
    """``n <= 9`` follows from the declared range, but the action does not respect it: that is no proof."""
    n = integer("n")
    up = Action("up", "test", True, {"n": n + 1})
    prop = Always(name="small", condition=n <= 9)
    broken = TransitionSystem("broken", (Variable("n", 0, 9, 0),), (up,))
    assert induction.check(broken, prop).outcome is Outcome.UNKNOWN
    assert bounded.check(broken, prop, depth=12).reason == "no violation within 12 steps"
    guarded = evolve(broken, actions=(evolve(up, guard=n < 9),))
    assert induction.check(guarded, prop).outcome is Outcome.HOLDS


def test_ranges_help_and_are_then_part_of_the_certificate() -> None:
    m, n = integer("m"), integer("n")
    system = TransitionSystem(
        "follow",
        (Variable("m", 0, 5, 0), Variable("n", 0, 5, 0)),
        (Action("go", "test", m < 5, {"m": m + 1, "n": m}),),
    )
    verdict = induction.check(system, Always(name="bounded", condition=n <= 5))
    assert verdict.outcome is Outcome.HOLDS
    assert "n <= 5" in verdict.evidence
    prop = Always(name="not negative", condition=n >= 0)
    assert "0 <= m" in induction.check(system, prop).evidence


def test_premises_make_proofs_vacuous_or_unknown() -> None:
    system = rolling_update()
    met = evolve(SURGE, premise=new == 2)
    assert induction.check(system, met).outcome is Outcome.HOLDS
    excluded = evolve(SURGE, premise=old + new > replicas + surge)
    assert induction.check(system, excluded).outcome is Outcome.VACUOUS
    far = evolve(SURGE, premise=new == 50)
    verdict = induction.check(system, far)
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason == "proved, but no run of up to 10 steps meets the premise new == 50"


def test_nothing_is_proved_of_a_system_that_cannot_start() -> None:
    system = evolve(rolling_update(), assume=replicas < 0)
    with pytest.raises(ModelError, match="no initial state"):
        induction.check(system, Always(name="nonsense", condition=False))
    with pytest.raises(ModelError, match="no initial state"):
        bounded.check(system, Always(name="nonsense", condition=False))
    with pytest.raises(ModelError, match="no initial state"):
        progress.prove(system, COMPLETE, invariant=ROLLING_INVARIANT, rank=ROLLING_RANK)


def test_too_little_effort_is_unknown_with_the_reason() -> None:
    verdict = induction.check(rolling_update(), AVAILABLE, effort=1)
    assert verdict.outcome is Outcome.UNKNOWN
    assert "Z3 gave up" in verdict.reason
    assert "Z3 gave up" in bounded.check(rolling_update(), AVAILABLE, effort=1).reason


# -- certificates ------------------------------------------------------------------------------------------------


def test_an_honest_certificate_passes_three_checks() -> None:
    assert induction.recheck(rolling_update(), AVAILABLE.condition, AVAILABLE) == ("initial", "inductive", "implies")
    assert induction.recheck(two_counters(), a <= b, Always(name="order", condition=a <= b), depth=2)


@pytest.mark.parametrize(
    ("invariant", "failing"),
    [
        (old + available >= replicas, "inductive: 'delete' leads from"),
        (all_of((AVAILABLE.condition, new >= 1)), "initial: "),
        (all_of((AVAILABLE.condition, old == replicas)), "inductive: 'delete' leads from"),
        (True, "implies: available is false where"),
        (old + available >= replicas - unavailable - 1, "implies: available is false where"),
    ],
)
def test_a_changed_invariant_is_found_out(invariant: Condition, failing: str) -> None:
    with pytest.raises(CertificateError, match=f"^{failing}"):
        induction.recheck(rolling_update(), invariant, AVAILABLE)


def test_a_certificate_of_another_system_is_found_out() -> None:
    with pytest.raises(CertificateError, match=r"^inductive: 'create'"):
        induction.recheck(rolling_update(surge_bug=1), SURGE.condition, SURGE)
    with pytest.raises(CertificateError, match=r"^inductive: 'lose readiness'"):
        induction.recheck(rolling_update(loses_readiness=True), AVAILABLE.condition, AVAILABLE)


def test_a_certificate_for_two_steps_is_none_for_one() -> None:
    with pytest.raises(CertificateError, match=r"^inductive"):
        induction.recheck(two_counters(), a <= b, Always(name="order", condition=a <= b), depth=1)


def test_a_base_that_only_covers_the_start_is_found_out() -> None:
    """Two states in a row never satisfy the condition again, so only the base case can refuse this certificate."""
    n = integer("n")
    up = Action("up", "test", n < 2, {"n": n + 1})
    system = TransitionSystem("up", (Variable("n", 0, 2, 0),), (up,))
    prop = Always(name="start", condition=n == 0)
    with pytest.raises(CertificateError, match=r"^initial: n == 0 is false where n = 1"):
        induction.recheck(system, prop.condition, prop, depth=2)


# -- bounded search ----------------------------------------------------------------------------------------------


def test_without_a_violation_the_depth_is_named_and_nothing_is_proved() -> None:
    verdict = bounded.check(rolling_update(), AVAILABLE, depth=5)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, "no violation within 5 steps")


def test_the_shortest_violation_is_found_at_its_depth_and_not_before() -> None:
    starving = all_of(integer(f"has{i}") == 1 for i in range(3))
    prop = Always(name="somebody holds no fork", condition=negate(starving))
    assert bounded.check(philosophers(3), prop, depth=2).outcome is Outcome.UNKNOWN
    verdict = bounded.check(philosophers(3), prop, depth=6)
    assert verdict.trace is not None
    assert len(verdict.trace.steps) == 3


# -- progress ----------------------------------------------------------------------------------------------------


def test_a_rollout_completes_for_every_size() -> None:
    verdict = progress.prove(rolling_update(), COMPLETE, invariant=ROLLING_INVARIANT, rank=ROLLING_RANK)
    assert (verdict.outcome, verdict.method, verdict.scope) == (Outcome.HOLDS, "ranking function", EVERY)
    assert verdict.evidence.endswith(f"rank: {ROLLING_RANK}")


def test_disturbances_may_raise_the_rank() -> None:
    system = rolling_update(loses_readiness=True)
    verdict = progress.prove(system, COMPLETE, invariant=ROLLING_INVARIANT, rank=ROLLING_RANK)
    assert verdict.reason.startswith("the invariant does not hold, inductive: 'lose readiness' ")
    weaker = all_of((old >= 0, available >= 0, available <= new, new <= replicas, old + new <= replicas + surge))
    assert progress.prove(system, COMPLETE, invariant=weaker, rank=ROLLING_RANK).outcome is Outcome.HOLDS


@pytest.mark.parametrize(
    ("invariant", "rank", "reason"),
    [
        (ROLLING_INVARIANT, old, "'create' does not decrease the rank where "),
        (ROLLING_INVARIANT, ROLLING_RANK - 2 * replicas, "the rank is negative where "),
        (True, ROLLING_RANK, "stuck if it can be reached: "),
        (all_of((ROLLING_INVARIANT, new == 0)), ROLLING_RANK, "the invariant does not hold, inductive: 'create' "),
        (all_of((ROLLING_INVARIANT, new == 1)), ROLLING_RANK, "the invariant does not hold, initial: "),
    ],
)
def test_a_changed_proof_of_progress_is_found_out(invariant: Condition, rank: object, reason: str) -> None:
    verdict = progress.prove(rolling_update(), COMPLETE, invariant=invariant, rank=rank)  # type: ignore[arg-type]
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason.startswith(reason)


def test_stuck_states_are_found_with_the_sizes_at_which_they_occur() -> None:
    assert progress.stuck_state(rolling_update(), COMPLETE, ROLLING_INVARIANT) is None
    careless = evolve(rolling_update(), assume=True)
    candidate = progress.stuck_state(careless, COMPLETE, ROLLING_INVARIANT)
    assert candidate is not None
    assert (candidate.parameters["surge"], candidate.parameters["unavailable"]) == (0, 0)
    fixed = careless.fix(**candidate.parameters)
    assert fixed.enabled(candidate.state) == ()
    assert candidate.text.startswith(f"old = {candidate.state[0]}, ")


def test_a_premise_of_progress_may_be_impossible() -> None:
    prop = evolve(COMPLETE, premise=available > replicas)
    verdict = progress.prove(rolling_update(), prop, invariant=ROLLING_INVARIANT, rank=ROLLING_RANK)
    assert verdict.outcome is Outcome.VACUOUS
