"""Houdini and Spacer: proofs for every size without hand-written lemmas, and what becomes of wrong answers."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from benchmarks.proofs import Row, differs, rows
from kverify.engines import bounded, houdini, induction, spacer, templates
from kverify.engines.errors import CertificateError
from kverify.engines.smt_reader import Untranslatable, read
from kverify.engines.verdict import Outcome
from kverify.model.expr import all_of, any_of, integer, negate
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always

from .models import rolling_update, two_counters
from .sizes_models import packed, rolling

SLOW = {"the same, a full node takes one more", "any nodes, any capacity (not linear)"}


def table() -> list[Any]:
    return [
        pytest.param(row, id=f"{row.question}, {row.engine}", marks=[pytest.mark.slow] if row.question in SLOW else [])
        for row in rows()
    ]


@pytest.mark.parametrize("row", table())
def test_the_table_of_proofs(row: Row) -> None:
    assert differs(row, row.ask()) == ""


def test_the_certificate_of_a_rollout_is_small_and_stands_when_checked_again() -> None:
    one = rolling()
    prop = Always(name="available", condition=one.available, lemmas=(one.specs,))
    verdict = houdini.check(one.system, prop)
    assert verdict.outcome is Outcome.HOLDS
    # The promise itself, what the controller has seen, and how new pods relate to what is asked for.
    assert "replicas <= maxUnavailable + new.seen + old.spec" in verdict.evidence
    assert verdict.evidence.count(" and ") < 10


def test_sieving_throws_out_what_is_not_invariant_and_keeps_the_rest() -> None:
    a, b, n = integer("a"), integer("b"), integer("n")
    kept = houdini.sieve(two_counters(), [a <= b, a == b, b <= a + 1, a <= 0, a >= 0])
    assert [c for c in (a <= b, a == b, b <= a + 1, a <= 0, a >= 0) if c in kept] == [a >= 0]
    grows = TransitionSystem("grows", (Variable("n", 0, None, 1),), (Action("up", "test", True, {"n": n + 1}),))
    assert houdini.sieve(grows, [n >= 0, n >= 1, n <= 1, n >= 2]) == (n >= 0, n >= 1)


def test_a_seeded_fault_is_not_proved() -> None:
    """The controller creates one pod more than it may: nothing the sieve keeps implies the promise."""
    prop = Always(name="surge", condition=integer("old") + integer("new") <= integer("replicas") + integer("surge"))
    faulty = rolling_update(surge_bug=1)
    assert houdini.check(faulty, prop).outcome is Outcome.UNKNOWN
    assert spacer.check(faulty, prop).outcome is Outcome.VIOLATED
    assert bounded.check(faulty, prop).outcome is Outcome.VIOLATED


def test_a_small_part_must_be_inductive() -> None:
    n = integer("n")
    grows = TransitionSystem("grows", (Variable("n", 0, None, 1),), (Action("up", "test", True, {"n": n + 1}),))
    with pytest.raises(CertificateError):
        houdini.small(grows, n <= 5, (n <= 5,))


def test_old_replica_sets_at_zero_do_not_count_as_available() -> None:
    """reconcileOldReplicaSets filters them out first. With them a stale status would let the controller go below its
    promise: bounded search found that, and the proof for two old ReplicaSets failed, until the model was mended."""
    several = rolling(olds=2)
    assert bounded.check(several.system, Always(name="promise", condition=several.available), depth=5).trace is None
    assert houdini.check(
        several.system, Always(name="promises", condition=several.available, lemmas=(several.specs,))
    ).outcome is Outcome.HOLDS  # fmt: skip


# -- Spacer ------------------------------------------------------------------------------------------------------


def test_spacer_finds_the_invariant_that_induction_lacks() -> None:
    prop = Always(name="order", condition=integer("a") <= integer("b"))
    assert induction.check(two_counters(), prop, depth=1).outcome is Outcome.UNKNOWN
    verdict = spacer.check(two_counters(), prop)
    assert verdict.outcome is Outcome.HOLDS
    assert verdict.evidence.startswith("invariant: ")


def test_a_premise_that_is_never_met_is_vacuous() -> None:
    prop = Always(name="order", condition=integer("a") <= integer("b"), premise=integer("a") > integer("b"))
    assert spacer.check(two_counters(), prop).outcome is Outcome.VACUOUS
    assert houdini.check(two_counters(), evolve(prop, lemmas=())).outcome in (Outcome.VACUOUS, Outcome.UNKNOWN)


def test_a_wrong_invariant_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    prop = Always(name="order", condition=integer("a") <= integer("b"))
    monkeypatch.setattr(spacer, "ask", lambda *_, **__: spacer.Answer(True, "true"))
    with pytest.raises(CertificateError, match="Spacer's invariant True does not hold"):
        spacer.check(two_counters(), prop)


def test_a_refutation_without_a_run_is_no_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    prop = Always(name="order", condition=integer("a") <= integer("b"))
    monkeypatch.setattr(spacer, "ask", lambda *_, **__: spacer.Answer(False))
    verdict = spacer.check(two_counters(), prop, depth=3)
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason == "Spacer says violated, but no run of up to 3 steps shows it"


def test_spacer_is_stopped_when_it_has_used_up_its_share() -> None:
    """The faithful promise without any help is more than Spacer manages."""
    one = rolling()
    verdict = spacer.check(one.system, Always(name="available", condition=one.available), seconds=1)
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason == "Spacer was stopped after 1 CPU seconds"


def test_spacer_out_of_memory_is_no_answer() -> None:
    verdict = spacer.check(two_counters(), Always(name="x", condition=integer("a") <= integer("b")), memory=1 << 20)
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason.startswith("Spacer ended without an answer")


def test_terms_are_read_back() -> None:
    a, b = Variable("a"), Variable.boolean("b")
    names = {"v0": a, "v1": b}
    x = a.expr
    assert read("(and (>= v0 3) (not v1))", names) is all_of([x >= 3, negate(b.expr)])
    assert read("(let ((y (+ v0 (* (- 2) v0)))) (or (< y 7) v1))", names) is any_of([x - 2 * x < 7, b.expr])
    assert read("(= (mod v0 2) 1)", names) is (x % 2 == 1)
    with pytest.raises(Untranslatable):
        read("(forall ((z Int)) (> z v0))", names)


# -- templates ---------------------------------------------------------------------------------------------------


def test_the_bank_is_bounded_repeatable_and_about_the_system() -> None:
    one = rolling()
    first, second = (templates.bank(one.system, one.available) for _ in range(2))
    assert first == second
    assert 0 < len(templates.bank(one.system, one.available, rich=False)) < len(first) <= templates.MOST
    known = {v.name for v in (*one.system.variables, *one.system.parameters)}
    assert all(c.variables() <= known for c in first if not isinstance(c, bool))


def test_any_number_of_nodes() -> None:
    system, room = packed(10)
    verdict = houdini.check(system, Always(name="room", condition=room))
    assert verdict.outcome is Outcome.HOLDS
    assert verdict.scope == "every nodes, replicas where 1 <= nodes and 0 <= replicas"
