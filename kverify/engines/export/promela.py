"""Promela for SPIN: one process that takes one enabled action after the other, each in a ``d_step``.

With a single start SPIN stores exactly the states of the system; with several it stores one more, from which the start
is chosen. To compare counts compile with
``-DSAFETY -DNOCLAIM -DNOREDUCE`` and run ``./pan -E``. Division rounds down where both
sides are not negative, which is all the model divides. SPIN's fairness is per process, not per action: for liveness use
TLA+.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from kverify.engines.errors import ModelError
from kverify.engines.export.printing import Language, condition, folded, identifiers, infix, parts_of, text, written
from kverify.engines.starts import initial_states
from kverify.model.expr import Expr, Op, lift
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always, Reaches

RESERVED = frozenset(
    """
    active assert atomic bit bool break byte chan d_step d_proctype do else empty enabled eval fi full goto hidden if
    init inline int len local ltl mtype nempty never nfull notrace np_ od of pc_value pid print printf printm priority
    proctype provided run select set_priority short show skip timeout trace true typedef false unless unsigned until
    weakuntil xr xs always eventually implies equivalent release next model property
    """.split()  # noqa: SIM905
)

PROMELA = Language(
    operators={
        Op.ADD: infix("+"),
        Op.MUL: infix("*"),
        Op.FLOORDIV: infix("/"),
        Op.MOD: infix("%"),
        Op.MIN: folded(lambda a, b: f"({a} < {b} -> {a} : {b})"),
        Op.MAX: folded(lambda a, b: f"({a} > {b} -> {a} : {b})"),
        Op.EQ: infix("=="),
        Op.LT: infix("<"),
        Op.LE: infix("<="),
        Op.AND: infix("&&"),
        Op.OR: infix("||"),
        Op.NOT: lambda args: f"(!{args[0]})",
        Op.ITE: lambda args: f"({args[0]} -> {args[1]} : {args[2]})",
    },
    constant=lambda value: (
        str(value).lower() if isinstance(value, bool) else str(value) if value >= 0 else f"({value})"
    ),
    truth=lambda number: f"({number} != 0)",
    # A comparison is 0 or 1 already.
    number=lambda truth: truth,
)

LTL = evolve(
    PROMELA,
    # In formulas the arrow is implication, so choices are written as sums.
    operators={
        **PROMELA.operators,
        Op.MIN: folded(lambda a, b: f"(({a} < {b}) * {a} + ({a} >= {b}) * {b})"),
        Op.MAX: folded(lambda a, b: f"(({a} > {b}) * {a} + ({a} <= {b}) * {b})"),
        Op.ITE: lambda args: f"({args[0]} * {args[1]} + (1 - {args[0]}) * {args[2]})",
    },
)


def promela(system: TransitionSystem, prop: Always | Reaches | None = None) -> str:
    """The system in Promela, with the property as an ``ltl`` formula called ``property``.

    Raises ``ModelError`` when a parameter is open: fix it first.
    """
    if system.parameters:
        raise ModelError(f"{system.name}: Promela knows no open parameters; fix {system.parameters[0].name} first")
    names = identifiers([v.name for v in system.variables], taken=RESERVED)
    return "\n".join(_lines(system, prop, names)) + "\n"


def _lines(system: TransitionSystem, prop: Always | Reaches | None, names: dict[str, str]) -> Iterator[str]:
    starts = initial_states(system)
    yield f"/* {_comment(system.name)} */"
    for i, v in enumerate(system.variables):
        first = f" = {_value(v, starts[0][i])}" if len(starts) == 1 else ""
        meaning = f" ({', '.join(f'{n} {x}' for n, x in enumerate(v.values))})" if v.values else ""
        yield f"{_type(v)} {names[v.name]}{first}; /* {_comment(v.name + meaning)} */"
    width = max((len(action.updates) for action in system.actions if _crossing(action)), default=0)
    if width:
        yield "/* new values, where several change at once; hidden from the state */"
    for i in range(width):
        yield f"hidden int after_{i};"
    parts = parts_of(system)
    for expr, name in parts.items():
        yield f"#define {name} {text(expr, PROMELA, names, parts)}"
    yield ""
    yield "active proctype system() {"
    if len(starts) > 1:
        yield "  if"
        for start in starts:
            sets = "; ".join(f"{names[v.name]} = {_value(v, x)}" for v, x in zip(system.variables, start, strict=True))
            yield f"  :: d_step {{ {sets} }}"
        yield "  fi;"
    yield "  do"
    for action in system.actions:
        yield f"  :: d_step {{ {_step(system, action, names, parts)} }} /* {_comment(action.name)} */"
    yield "  od"
    yield "}"
    if prop is not None:
        yield ""
        yield f"/* {_comment(prop.name)} */"
        yield f"ltl property {{ {_property(prop, names)} }}"


def _property(prop: Always | Reaches, names: dict[str, str]) -> str:
    if isinstance(prop, Always):
        return f"[] {condition(prop.condition, LTL, names)}"
    return f"[] ({condition(prop.premise, LTL, names)} -> <> {condition(prop.goal, LTL, names)})"


def _crossing(action: Action) -> bool:
    """An update reads what another one writes, so all new values have to be known before the first is written."""
    return any(
        name != other and name in lift(update).variables()
        for name in action.updates
        for other, update in action.updates.items()
    )


def _step(system: TransitionSystem, action: Action, names: dict[str, str], parts: dict[Expr, str]) -> str:
    statements = [condition(action.guard, PROMELA, names, parts)]
    changed = [v for v in system.variables if v.name in action.updates]
    values = {v.name: written(action.updates[v.name], v.truth, PROMELA, names, parts) for v in changed}
    if _crossing(action):
        statements += [f"after_{i} = {values[v.name]}" for i, v in enumerate(changed)]
        values = {v.name: f"after_{i}" for i, v in enumerate(changed)}
    statements += [f"{names[v.name]} = {values[v.name]}" for v in changed]
    return "; ".join(statements)


def _type(v: Variable) -> str:
    """The smallest type that holds the declared range; values that leave it are not noticed by SPIN."""
    if v.truth:
        return "bool"
    if v.low is not None and v.high is not None and v.low >= 0 and v.high < 256:
        return "byte"
    if v.low is not None and v.high is not None and v.low >= -(1 << 15) and v.high < 1 << 15:
        return "short"
    return "int"


def _value(v: Variable, value: int) -> str:
    return PROMELA.constant(bool(value) if v.truth else value)


def _comment(words: str) -> str:
    return words.replace("*/", "* /")
