"""Traces in the Informal Trace Format of Apalache and Quint, and back.

``{"#meta": …, "vars": […], "states": [{"#meta": {"index": 0, "action": …}, "x": 1, …}, …], "loop": 0}``: numbers are
JSON numbers, choices are strings. ``loop`` is the index of the state that follows the last one; a run without it ends.
The format is described in Apalache's ADR 015 (https://apalache-mc.org/docs/adr/015adr-trace.html).

What the format has no word for is in ``#meta``: the action that leads to each state, the one that closes the loop, and
what a reader wants to say about where the trace is from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kverify import __version__
from kverify.engines.verdict import Step, Trace
from kverify.model.system import Action, State, TransitionSystem, Variable

DESCRIPTION = "https://apalache-mc.org/docs/adr/015adr-trace.html"


class TraceFileError(ValueError):
    """A trace file cannot be used. The message is one sentence that says why."""


def to_itf(trace: Trace, about: Mapping[str, Any]) -> dict[str, Any]:
    """``trace`` as plain values; ``about`` is kept under ``#meta``, as ``kverify``."""
    states = trace.states()
    says = ["", *trace.sentences()]
    actions = ["", *(step.action.name for step in trace.steps)]
    closing = None
    if trace.loop is not None:
        closing, says, states = actions.pop(), says[:-1], states[:-1]
    return {
        "#meta": {
            "format": "ITF",
            "format-description": DESCRIPTION,
            "description": f"Written by kverify {__version__}",
            "varTypes": {v.name: "Str" if v.values else "Bool" if v.truth else "Int" for v in trace.system.variables},
            "kverify": {**about, "closing": closing},
        },
        "params": [],
        "vars": [v.name for v in trace.system.variables],
        "states": [
            {
                "#meta": {"index": index, **({"action": action, "says": text} if index else {})},
                **{v.name: v.named(value) for v, value in zip(trace.system.variables, state, strict=True)},
            }
            for index, (state, action, text) in enumerate(zip(states, actions, says, strict=True))
        ],
        **({} if trace.loop is None else {"loop": trace.loop}),
    }


def render(trace: Trace, about: Mapping[str, Any]) -> str:
    """The text of a trace file."""
    return json.dumps(to_itf(trace, about), indent=1, ensure_ascii=True) + "\n"


def read(text: str) -> dict[str, Any]:
    """The plain values of a trace file. Raises ``TraceFileError`` unless it has the form that kverify writes."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TraceFileError(f"this is not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("#meta"), dict):
        raise TraceFileError("this is not a trace in the Informal Trace Format: there is no #meta")
    if not isinstance(data["#meta"].get("kverify"), dict):
        raise TraceFileError("this trace was not written by kverify: it does not say what it is a trace of")
    states = data.get("states")
    if not isinstance(states, list) or not states or not all(isinstance(state, dict) for state in states):
        raise TraceFileError("the trace has no states")
    return data


def from_itf(system: TransitionSystem, data: Mapping[str, Any]) -> Trace:
    """The trace that ``data``, as ``read`` returns it, claims to be a run of ``system``.

    Only its form is checked: whether it is a run is ``replay``'s to say. Raises ``TraceFileError``.
    """
    named: dict[str, list[Action]] = {}
    for action in system.actions:
        named.setdefault(action.name, []).append(action)
    rows = data["states"]
    states = [_state(system, row, index) for index, row in enumerate(rows)]
    names = [_name(row, index) for index, row in enumerate(rows) if index]
    after = states[1:]
    loop = data.get("loop")
    if loop is not None:
        if not isinstance(loop, int) or isinstance(loop, bool) or not 0 <= loop < len(states):
            raise TraceFileError(f"the loop goes back to state {loop!r}, which is not there")
        names.append(str(data["#meta"]["kverify"].get("closing")))
        after.append(states[loop])
    unknown = next((name for name in names if name not in named), None)
    if unknown is not None:
        raise TraceFileError(f"the model has no action {unknown!r}")
    before = [*states[: len(names)]]
    steps = (
        Step(_meant(system, named[name], then), state) for name, then, state in zip(names, before, after, strict=True)
    )
    return Trace(system, states[0], tuple(steps), loop)


def _meant(system: TransitionSystem, actions: Sequence[Action], before: State) -> Action:
    """The action that a name stands for: where several are called so, one at most is possible at a time."""
    if len(actions) == 1:
        return actions[0]
    enabled = set(system.enabled(before))
    return next((action for action in actions if action in enabled), actions[0])


def _name(row: Mapping[str, Any], index: int) -> str:
    meta = row.get("#meta")
    name = meta.get("action") if isinstance(meta, dict) else None
    if not isinstance(name, str):
        raise TraceFileError(f"state {index} does not say which action leads to it")
    return name


def _state(system: TransitionSystem, row: Mapping[str, Any], index: int) -> State:
    names = {v.name for v in system.variables}
    given = {name for name in row if name != "#meta"}
    if given != names:
        odd = sorted(given ^ names)[0]
        verb = "gives a value to" if odd in given else "lacks"
        raise TraceFileError(f"state {index} {verb} {odd!r}; the variables of the model are others")
    return tuple(_value(variable, row[variable.name], index) for variable in system.variables)


def _value(variable: Variable, shown: Any, index: int) -> int:
    if isinstance(shown, dict) and isinstance(shown.get("#bigint"), str):
        # Apalache writes numbers so.
        try:
            shown = int(shown["#bigint"])
        except ValueError:
            shown = None
    if variable.values:
        if shown in variable.values:
            return variable.values.index(shown)
    elif variable.truth:
        if isinstance(shown, bool):
            return int(shown)
    elif isinstance(shown, int) and not isinstance(shown, bool):
        return shown
    raise TraceFileError(f"state {index}: {shown!r} is no value of {variable.name}")
