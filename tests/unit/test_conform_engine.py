"""Conformance of observations to small systems: hidden steps, writes apart, disturbances, and what a refusal says."""

from __future__ import annotations

import pytest

from kverify.engines.conform import Conformance, Observation, Refusal, TooManyStates, conform
from kverify.model.system import Action, TransitionSystem, Variable

SHOWN = Variable("shown", 0, 9, initial=0)
SECRET = Variable("secret", 0, 9, initial=0)


def counter(*, reset: bool = False) -> TransitionSystem:
    """``shown`` follows ``secret``, which grows unseen; somebody may reset ``shown``."""
    actions = [
        Action("think", "thinker", guard=SECRET.expr < 9, updates={"secret": SECRET.expr + 1}),
        Action(
            "show",
            "speaker",
            guard=SHOWN.expr < SECRET.expr,
            updates={"shown": SHOWN.expr + 1},
            says="shown goes from {before[shown]} to {after[shown]}",
        ),
    ]
    if reset:
        actions.append(Action("reset", "user", guard=SHOWN.expr >= 1, updates={"shown": 0}, environment=True))
    return TransitionSystem("counter", variables=(SHOWN, SECRET), actions=tuple(actions))


def watch(system: TransitionSystem, *values: int, reset_at: int | None = None) -> Conformance:
    observations = [
        Observation(f"number {i}", {"shown": v}, frozenset({"reset"} if i == reset_at else ()))
        for i, v in enumerate(values)
    ]
    return conform(system, {"shown": SHOWN.expr}, observations)


def refusal_of(result: Conformance) -> Refusal:
    assert result.refusal is not None
    return result.refusal


def test_hidden_steps_happen_between_observations() -> None:
    result = watch(counter(), 0, 1, 1, 2, 3)
    assert result.conforms
    assert (result.matched, result.total) == (5, 5)


def test_every_state_that_agrees_is_kept() -> None:
    """After shown = 1, secret is anything from 1 to 9."""
    assert watch(counter(), 0, 1, 2).most == 10


def test_one_observation_is_one_visible_step() -> None:
    result = watch(counter(), 0, 1, 3)
    assert (result.matched, result.conforms) == (2, False)
    refusal = refusal_of(result)
    assert refusal.position == 2
    assert refusal.observation.label == "number 2"
    assert refusal.changes == (("shown", 1, 3),)
    assert refusal.instead == ("shown goes from 1 to 2",)


def test_the_first_observation_is_a_start() -> None:
    assert refusal_of(watch(counter(), 4)).position == 0


def test_a_disturbance_happens_only_where_it_is_known_to_have_happened() -> None:
    assert watch(counter(reset=True), 0, 1, 0, 1, reset_at=2).conforms
    result = watch(counter(reset=True), 0, 1, 0, 1)
    assert refusal_of(result).changes == (("shown", 1, 0),)


def test_a_refusal_names_the_guard_that_does_not_hold() -> None:
    still = TransitionSystem("still", variables=(SHOWN, SECRET), actions=counter().actions[1:])
    (text,) = refusal_of(watch(still, 0, 1)).blocked
    assert text == "show needs shown < secret (secret = 0, shown = 0)"


def test_beyond_the_limit_nothing_is_claimed() -> None:
    with pytest.raises(TooManyStates, match="more than 5 states"):
        conform(counter(), {"shown": SHOWN.expr}, [Observation("", {"shown": v}) for v in (0, 1)], limit=5)


# -- writes that an observer sees one after the other ------------------------------------------------------------------

A, B, C = (Variable(name, 0, 9, initial=5) for name in "abc")
BOTH = Action("both", "writer", guard=A.expr == 5, updates={"a": 2, "b": 7})
AGAIN = Action("again", "writer", guard=A.expr == 2, updates={"a": 1})
OTHER = Action("other", "someone", guard=C.expr >= 1, updates={"c": C.expr - 1})
PAIR = TransitionSystem("pair", variables=(A, B, C), actions=(BOTH, AGAIN, OTHER))
PROJECTION = {v.name: v.expr for v in (A, B, C)}


def run(*triples: tuple[int, int, int]) -> Conformance:
    observations = [Observation(str(t), dict(zip("abc", t, strict=True))) for t in triples]
    return conform(PAIR, PROJECTION, observations, apart=frozenset("ab"))


def test_the_writes_of_one_action_may_be_seen_in_any_order() -> None:
    assert run((5, 5, 5), (2, 5, 5), (2, 7, 5), (1, 7, 5)).conforms
    assert run((5, 5, 5), (5, 7, 5), (2, 7, 5)).conforms
    assert run((5, 5, 5), (2, 7, 5)).conforms


def test_one_object_may_be_written_twice_on_the_way() -> None:
    assert run((5, 5, 5), (4, 5, 5), (2, 5, 5), (2, 6, 5), (2, 7, 5)).conforms


def test_a_write_does_not_overshoot_or_turn_back() -> None:
    assert refusal_of(run((5, 5, 5), (2, 8, 5))).position == 1
    assert refusal_of(run((5, 5, 5), (3, 5, 5), (4, 5, 5))).position == 2


def test_others_act_meanwhile() -> None:
    assert run((5, 5, 5), (2, 5, 5), (2, 5, 4), (2, 7, 4)).conforms


def test_who_owes_a_write_does_nothing_else() -> None:
    result = run((5, 5, 5), (2, 5, 5), (1, 5, 5))
    refusal = refusal_of(result)
    assert refusal.position == 2
    assert "again needs the writer to have finished the writes it has begun" in refusal.blocked[0]


def test_a_write_that_never_comes_is_refused_at_the_end() -> None:
    refusal = refusal_of(run((5, 5, 5), (2, 5, 5), (2, 5, 4)))
    assert refusal.position == 2
    assert refusal.changes == (("b", 5, 7),)


def test_what_is_not_apart_is_seen_at_once() -> None:
    observations = [Observation("", {"a": a, "b": b, "c": 5}) for a, b in ((5, 5), (2, 5), (2, 7))]
    assert refusal_of(conform(PAIR, PROJECTION, observations)).position == 1
