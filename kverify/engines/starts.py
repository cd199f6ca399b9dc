"""The initial states of a system, one by one."""

from __future__ import annotations

from kverify.engines.budget import consult
from kverify.engines.errors import ModelError
from kverify.engines.ranges import Range, decided, declared, refine
from kverify.model.expr import Condition, substitute
from kverify.model.system import State, TransitionSystem, Variable

_MOST = 200_000
"""How many partial assignments are tried before the enumeration is given up."""


def initial_states(system: TransitionSystem) -> tuple[State, ...]:
    """Every initial state: ``starts``, or all assignments that satisfy the initial condition, in ascending order.

    Raises ``ModelError`` if there is none, if a parameter is open, if a start lies outside the variables' ranges, or if
    a variable has no bound that an enumeration could use.
    """
    if system.parameters:
        names = ", ".join(p.name for p in system.parameters)
        raise ModelError(f"{system.name}: {names} must be fixed before initial states can be listed")
    states = tuple(dict.fromkeys(system.starts)) if system.starts is not None else _enumerate(system)
    if not states:
        raise ModelError(f"{system.name}: there is no initial state")
    for state in states:
        problem = outside(system, state)
        if problem:
            raise ModelError(f"{system.name}: in an initial state {problem}")
    return states


def outside(system: TransitionSystem, state: State) -> str:
    """What is wrong with the values of ``state``; empty if every variable is within its range."""
    if len(state) != len(system.variables):
        return f"there are {len(state)} values for {len(system.variables)} variables"
    for variable, value in zip(system.variables, state, strict=True):
        if (variable.low is not None and value < variable.low) or (variable.high is not None and value > variable.high):
            return f"{variable.name} is {value}, outside {variable.low}..{variable.high}"
    return ""


def _enumerate(system: TransitionSystem) -> tuple[State, ...]:
    """Depth-first assignment; whole branches are cut off where intervals show the condition to be false."""
    fixed = {v.name: v.initial for v in system.variables if v.initial is not None}
    ranges = refine({**declared(system.variables), **{n: (v, v) for n, v in fixed.items()}}, system.initial)
    if ranges is None:
        return ()
    given = {v.name: v.plain(v.initial) for v in system.variables if v.initial is not None}
    found: list[State] = []
    stack: list[tuple[State, Condition, dict[str, Range]]] = [((), substitute(system.initial, given), ranges)]
    for _ in range(_MOST):
        consult()
        if not stack:
            return tuple(found)
        done, condition, ranges = stack.pop()
        while len(done) < len(system.variables) and system.variables[len(done)].name in fixed:
            done = (*done, fixed[system.variables[len(done)].name])
        if len(done) == len(system.variables):
            found.append(done)
            continue
        variable = system.variables[len(done)]
        for value in reversed(_values(system, variable, ranges[variable.name])):
            rest = substitute(condition, {variable.name: variable.plain(value)})
            narrowed = {**ranges, variable.name: (value, value)}
            if rest is not False and decided(rest, narrowed) is not False:
                stack.append(((*done, value), rest, narrowed))
    raise ModelError(f"{system.name}: more than {_MOST:,} candidates for initial states; give starts instead")


def _values(system: TransitionSystem, variable: Variable, ends: Range) -> range:
    low, high = ends
    if not isinstance(low, int) or not isinstance(high, int):
        raise ModelError(
            f"{system.name}: {variable.name} may start with any value from {low} to {high}; "
            "give it a range or an initial value"
        )
    return range(low, high + 1)
