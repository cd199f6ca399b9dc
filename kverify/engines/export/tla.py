"""TLA+ for TLC and Apalache: one action of the module for each action of the system, with its fairness.

``\\div`` and ``%`` of TLA+ round down as the model does. Parameters become constants. What the property asks is the
operator ``Property``: an invariant for ``Always``, ``[](premise => <>goal)`` for ``Reaches``. The latter is what *the
goal stays reachable* comes to when every step is strongly fair; under the fairness that the actions declare it may be
false where the goal stays reachable for ever and is never taken.
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.engines.export.printing import Language, condition, folded, identifiers, infix, parts_of, text, written
from kverify.model.expr import Expr, Op, all_of
from kverify.model.system import Action, Fairness, TransitionSystem, Variable
from kverify.spec.property import Always, Reaches

RESERVED = frozenset(
    """
    ACTION ASSUME ASSUMPTION AXIOM BY CASE CHOOSE CONSTANT CONSTANTS COROLLARY DEF DEFINE DEFS DOMAIN ELSE ENABLED
    EXCEPT EXTENDS HAVE HIDE IF IN INSTANCE LAMBDA LEMMA LET LOCAL MODULE NEW OBVIOUS OMITTED ONLY OTHER PICK PROOF
    PROPOSITION PROVE QED RECURSIVE SF_ STATE STEP SUBSET SUFFICES TAKE TEMPORAL THEN THEOREM UNCHANGED UNION USE
    VARIABLE VARIABLES WF_ WITH WITNESS TRUE FALSE Int Nat Init Next Spec vars TypeOK Property Min Max
    """.split()  # noqa: SIM905
)

TLA = Language(
    operators={
        Op.ADD: infix("+"),
        Op.MUL: infix("*"),
        Op.FLOORDIV: infix(r"\div"),
        Op.MOD: infix("%"),
        Op.MIN: folded(lambda a, b: f"Min({a}, {b})"),
        Op.MAX: folded(lambda a, b: f"Max({a}, {b})"),
        Op.EQ: infix("="),
        Op.LT: infix("<"),
        Op.LE: infix("<="),
        Op.AND: infix(r"/\ ".strip()),
        Op.OR: infix(r"\/ ".strip()),
        Op.NOT: lambda args: f"(~{args[0]})",
        Op.ITE: lambda args: f"(IF {args[0]} THEN {args[1]} ELSE {args[2]})",
    },
    constant=lambda value: (
        str(value).upper() if isinstance(value, bool) else str(value) if value >= 0 else f"({value})"
    ),
    truth=lambda number: f"({number} # 0)",
    number=lambda truth: f"(IF {truth} THEN 1 ELSE 0)",
)


def tla(system: TransitionSystem, prop: Always | Reaches | None = None, *, module: str = "Model") -> str:
    """The system as a TLA+ module called ``module``."""
    names = identifiers([v.name for v in (*system.variables, *system.parameters)], taken=(*RESERVED, module))
    actions = identifiers([a.name for a in system.actions], taken=(*RESERVED, module, *names.values()), prefix="Action")
    return "\n".join(_lines(system, prop, module, names, actions)) + "\n"


def tlc_configuration(system: TransitionSystem, prop: Always | Reaches | None = None) -> str:
    """The configuration for TLC. Open parameters have to be given values by hand."""
    lines = ["SPECIFICATION Spec", "CHECK_DEADLOCK FALSE", "INVARIANT TypeOK"]
    if prop is not None:
        lines.append("INVARIANT Property" if isinstance(prop, Always) else "PROPERTY Property")
    names = identifiers([v.name for v in (*system.variables, *system.parameters)], taken=RESERVED)
    lines += [f"CONSTANT {names[p.name]} = {p.low or 0}" for p in system.parameters]
    return "\n".join(lines) + "\n"


def _lines(
    system: TransitionSystem,
    prop: Always | Reaches | None,
    module: str,
    names: dict[str, str],
    actions: dict[str, str],
) -> Iterator[str]:
    own = [names[v.name] for v in system.variables]
    yield f"---- MODULE {module} ----"
    yield f"\\* {system.name}"
    yield "EXTENDS Integers"
    yield ""
    if system.parameters:
        yield f"CONSTANTS {', '.join(names[p.name] for p in system.parameters)}"
        yield f"ASSUME {condition(system.assume, TLA, names)}"
        yield ""
    for v in system.variables:
        yield f"\\* {names[v.name]}: {v.name}" + (
            f" ({', '.join(f'{i} {x}' for i, x in enumerate(v.values))})" if v.values else ""
        )
    yield f"VARIABLES {', '.join(own)}"
    yield f"vars == <<{', '.join(own)}>>"
    yield ""
    yield "Min(a, b) == IF a < b THEN a ELSE b"
    yield "Max(a, b) == IF a > b THEN a ELSE b"
    yield ""
    yield "TypeOK =="
    for v in system.variables:
        yield f"  /\\ {names[v.name]} \\in {_range(v)}"
    yield ""
    yield "Init =="
    yield from _init(system, names)
    parts = parts_of(system)
    if parts:
        yield ""
    for expr, name in parts.items():
        yield f"{name} == {text(expr, TLA, names, parts)}"
    for action in system.actions:
        yield ""
        yield f"\\* {action.component}: {action.name}"
        yield from _action(system, action, names, actions[action.name], parts)
    yield ""
    yield "Next =="
    for name in actions.values():
        yield f"  \\/ {name}"
    yield ""
    fair = [
        f"{'SF' if a.fairness is Fairness.STRONG else 'WF'}_vars({actions[a.name]})"
        for a in system.actions
        if not a.environment and a.fairness is not Fairness.NONE
    ]
    yield "Spec == Init /\\ [][Next]_vars"
    for part in fair:
        yield f"  /\\ {part}"
    if prop is not None:
        yield ""
        yield f"\\* {prop.name}"
        yield f"Property == {_property(prop, names)}"
    yield "===="


def _property(prop: Always | Reaches, names: dict[str, str]) -> str:
    if isinstance(prop, Always):
        return condition(prop.condition, TLA, names)
    return f"[]({condition(prop.premise, TLA, names)} => <>{condition(prop.goal, TLA, names)})"


def _range(v: Variable) -> str:
    if v.truth:
        return "BOOLEAN"
    if v.low is not None and v.high is not None:
        return f"({v.low})..{v.high}"
    return "Nat" if v.low == 0 and v.high is None else "Int"


def _init(system: TransitionSystem, names: dict[str, str]) -> Iterator[str]:
    if system.starts is not None:
        for start in system.starts:
            parts = (f"{names[v.name]} = {_value(v, x)}" for v, x in zip(system.variables, start, strict=True))
            yield "  \\/ (" + " /\\ ".join(parts) + ")"
        return
    bounded = [v for v in system.variables if v.initial is None]
    for v in bounded:
        yield f"  /\\ {names[v.name]} \\in {_range(v)}"
    for v in system.variables:
        if v.initial is not None:
            yield f"  /\\ {names[v.name]} = {_value(v, v.initial)}"
    yield f"  /\\ {condition(all_of([system.initial]), TLA, names)}"


def _value(v: Variable, value: int) -> str:
    return TLA.constant(bool(value) if v.truth else value)


def _action(
    system: TransitionSystem, action: Action, names: dict[str, str], own: str, parts: dict[Expr, str]
) -> Iterator[str]:
    yield f"{own} =="
    yield f"  /\\ {condition(action.guard, TLA, names, parts)}"
    for v in system.variables:
        if v.name in action.updates:
            yield f"  /\\ {names[v.name]}' = {written(action.updates[v.name], v.truth, TLA, names, parts)}"
    same = [names[v.name] for v in system.variables if v.name not in action.updates]
    if same:
        yield f"  /\\ UNCHANGED <<{', '.join(same)}>>"
