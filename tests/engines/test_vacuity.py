"""What has a premise that is never met is vacuous, whoever is asked, and says so; what never happens is listed."""

from __future__ import annotations

import pytest

from kverify.engines.portfolio import LADDER, Question, decide
from kverify.engines.verdict import Outcome
from kverify.model.expr import all_of, integer
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always, LeadsTo, OnceAlways, Property, Reaches

number, MOST = integer("n"), Variable("most")


def counter(*, is_open: bool) -> TransitionSystem:
    """From 0 up to 5, or to any number; a step that never happens besides."""
    most = MOST.expr if is_open else 5
    up = Action("up", "test", number < most, {"n": number + 1})
    never = Action("down", "test", (number > most), {"n": number - 1})
    variables = (Variable("n", 0, None if is_open else 9, 0),)
    parameters = (MOST,) if is_open else ()
    return TransitionSystem(
        "counter", variables, (up, never), parameters=parameters, assume=MOST.expr >= 0 if is_open else True
    )


NEVER, SOMETIMES = number < 0, number == 0
ENGINES_FOR = {
    "always": ("explicit", "induction", "houdini", "spacer"),
    "once": ("explicit", "induction", "houdini", "spacer"),
    "reaches": ("explicit", "ranking"),
    "leads to": ("explicit",),
}


def asked(kind: str, premise: object, *, is_open: bool) -> Property:
    most = MOST.expr if is_open else 5
    if kind == "always":
        return Always(name=kind, condition=number >= 0, premise=premise)  # type: ignore[arg-type]
    if kind == "once":
        return OnceAlways(name=kind, premise=premise, condition=number >= 0, lemmas=(number >= 0,))  # type: ignore[arg-type]
    if kind == "reaches":
        return Reaches(name=kind, goal=number == most, premise=premise)  # type: ignore[arg-type]
    return LeadsTo(name=kind, premise=premise, goal=number == most)  # type: ignore[arg-type]


CASES = [
    pytest.param(kind, engine, is_open, id=f"{kind}-{engine}-{'open' if is_open else 'closed'}")
    for kind, engines in ENGINES_FOR.items()
    for engine in engines
    for is_open in ((False,) if engine == "explicit" else (False, True))
]


@pytest.mark.parametrize(("kind", "engine", "is_open"), CASES)
def test_a_premise_that_is_never_met_is_vacuous_for_every_engine(kind: str, engine: str, is_open: bool) -> None:
    system = counter(is_open=is_open)
    rank = (MOST.expr if is_open else 5) - number
    most = MOST.expr if is_open else 5

    def verdict_on(premise: object) -> Outcome:
        prop = asked(kind, premise, is_open=is_open)
        bounds = {"rank": rank, "invariant": all_of([number >= 0, number <= most])} if engine == "ranking" else {}
        verdict = decide(system, prop, engine=engine, **bounds)  # type: ignore[arg-type]
        assert verdict.outcome is not Outcome.VACUOUS or verdict.reason
        return verdict.outcome

    assert verdict_on(SOMETIMES) is Outcome.HOLDS
    assert verdict_on(NEVER) is Outcome.VACUOUS


def test_who_can_hold_a_question_with_a_premise_is_tried_above() -> None:
    """Engines that only find say nothing of a premise; all others are in the table."""
    finders = {"walk", "bounded"}
    for kind, engines in ENGINES_FOR.items():
        question = Question(system=counter(is_open=False), prop=asked(kind, SOMETIMES, is_open=False), rank=5 - number)
        able = {rung.engine for rung in LADDER if not rung.silent(question)}
        if kind == "reaches":
            # These look for where it gets stuck, and do not prove that the goal is reached.
            able -= {"induction", "houdini", "spacer"}
        assert able - finders == set(engines)


@pytest.mark.parametrize(
    "prop",
    [
        Always(name="always", condition=number >= 0),
        OnceAlways(name="once", premise=number == 1, condition=number >= 1),
        Reaches(name="reaches", goal=number == 5),
        LeadsTo(name="leads to", premise=number == 1, goal=number == 5),
    ],
)
@pytest.mark.parametrize("certain", [True, False])
def test_what_never_happens_is_listed_with_what_blocks_it(prop: Property, certain: bool) -> None:
    verdict = decide(counter(is_open=False), prop, cover=True, certain=certain)
    assert verdict.outcome is Outcome.HOLDS
    assert verdict.coverage is not None
    assert verdict.coverage.fired["up"] >= 5
    assert [(idle.action.name, str(idle.blocked_by)) for idle in verdict.coverage.idle or ()] == [
        ("down", str(number > 5))
    ]
    assert decide(counter(is_open=False), prop, certain=certain).coverage is None or isinstance(prop, LeadsTo)


def test_of_a_violation_only_what_was_seen_is_told() -> None:
    verdict = decide(counter(is_open=False), Always(name="small", condition=number <= 2), cover=True, certain=False)
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.coverage is not None
    assert verdict.coverage.idle is None
