"""Interchangeable blocks: the claim is checked, and a property may refuse it."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given

from kverify.engines.errors import SymmetryError
from kverify.engines.explicit import explore
from kverify.engines.symmetry import check_symmetry, respected
from kverify.model.expr import all_of, any_of, integer, ite, maximum, total
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always, Reaches

from .models import MODELS, pods_on_nodes
from .strategies import symmetric_systems

x, y = integer("x"), integer("y")


def pair(*actions: Action, high: int = 3) -> TransitionSystem:
    """Two variables that are claimed to be interchangeable."""
    return TransitionSystem(
        "pair", (Variable("x", 0, 3, 0), Variable("y", 0, high, 0)), actions, symmetry=((("x",), ("y",)),)
    )


@pytest.mark.parametrize("name", MODELS)
def test_the_example_systems_are_as_symmetric_as_they_say(name: str) -> None:
    assert check_symmetry(MODELS[name]()) == ()


@given(system=symmetric_systems())
def test_systems_built_from_one_template_per_block_are_symmetric(system: TransitionSystem) -> None:
    assert check_symmetry(system) == ()


def test_the_order_of_operands_does_not_matter() -> None:
    system = pair(
        Action("up x", "test", all_of((x < 3, y < 2, maximum((x, y)) < 3)), {"x": total((x, y, 1 - y))}),
        Action("up y", "test", all_of((x < 2, maximum((y, x)) < 3, y < 3)), {"y": total((1 - x, x, y))}),
    )
    assert check_symmetry(system) == ()


def test_a_missing_counterpart_is_named() -> None:
    with pytest.raises(SymmetryError, match=r"\(x\), \(y\) are not interchangeable, action 'up x' tells them apart"):
        check_symmetry(pair(Action("up x", "test", x < 3, {"x": x + 1})))


def test_every_block_of_a_group_is_looked_at() -> None:
    names = ["x", "y", "z"]
    actions = [Action(f"up {n}", "test", integer(n) < 3, {n: integer(n) + 1}) for n in names]
    system = TransitionSystem(
        "three", tuple(Variable(n, 0, 3, 0) for n in names), tuple(actions), symmetry=((("x",), ("y",), ("z",)),)
    )
    assert check_symmetry(system) == ()
    with pytest.raises(SymmetryError, match="'up y' tells them apart"):
        check_symmetry(evolve(system, actions=tuple(actions[:2])))


def test_a_counterpart_that_is_a_disturbance_is_none() -> None:
    with pytest.raises(SymmetryError):
        check_symmetry(
            pair(
                Action("up x", "test", x < 3, {"x": x + 1}),
                Action("up y", "test", y < 3, {"y": y + 1}, environment=True),
            )
        )


def test_what_looks_different_but_is_not_is_accepted_with_a_note() -> None:
    system = pair(
        Action("up x", "test", x < 3, {"x": x + 1}),
        Action("up y", "test", y <= 2, {"y": ite(y == 1, 2, y + 1)}),
    )
    (note,) = check_symmetry(system)
    assert note == "(x), (y) are interchangeable (tested on 200 states, not proved)"


def test_different_ranges_are_refused() -> None:
    with pytest.raises(SymmetryError, match="x, y are interchangeable but have different ranges"):
        check_symmetry(pair(high=4))


def test_unknown_and_repeated_names_are_refused() -> None:
    with pytest.raises(SymmetryError, match="'z', which is no variable"):
        check_symmetry(evolve(pair(), symmetry=((("x",), ("z",)),)))
    with pytest.raises(SymmetryError, match="occurs twice"):
        check_symmetry(evolve(pair(), symmetry=((("x",), ("x",)),)))


def test_open_parameters_are_compared_as_they_are_written() -> None:
    n = integer("n")
    actions = (Action("up x", "test", x < n, {"x": x + 1}), Action("up y", "test", y < n, {"y": y + 1}))
    system = evolve(pair(), actions=actions, parameters=(Variable("n"),))
    assert check_symmetry(system) == ()
    with pytest.raises(SymmetryError, match="'up x'"):
        check_symmetry(evolve(system, actions=actions[:1]))


def test_properties_keep_the_groups_they_do_not_tell_apart() -> None:
    system = pods_on_nodes(4, 3, 2, counted=True, sorted_=True)
    everywhere = [integer(f"pods{k}") > 0 for k in range(3)]
    assert respected(system, Always(name="some", condition=any_of(everywhere))) == system.symmetry
    assert respected(system, Reaches(name="all", goal=all_of(everywhere))) == system.symmetry
    assert respected(system, Always(name="first", condition=everywhere[0])) == ()
    assert respected(system, Reaches(name="first", goal=True, premise=everywhere[0])) == ()


def test_without_reduction_every_state_is_kept() -> None:
    system = pods_on_nodes(4, 2, 2, counted=True, sorted_=True)
    assert len(explore(system, reduce=False).states) == len(explore(evolve(system, symmetry=())).states)
