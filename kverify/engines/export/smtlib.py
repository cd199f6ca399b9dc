"""SMT-LIB: the start, the step and the property as functions, and the question as Horn clauses.

``sat`` means that the property holds: there is a relation that contains the start, is closed under every step, and
implies the property. The text is printed from the model's expressions without any solver; ``kverify.engines.spacer``
builds the same question through Z3's interface, and a test compares the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kverify.engines.export.printing import Language, condition, folded, written
from kverify.engines.smt import ranges
from kverify.model.expr import Condition, Op, all_of, any_of
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always


def _prefix(word: str) -> Callable[[Sequence[str]], str]:
    return lambda args: f"({word} {' '.join(args)})"


SMT = Language(
    operators={
        Op.ADD: _prefix("+"),
        Op.MUL: _prefix("*"),
        Op.FLOORDIV: _prefix("div"),
        Op.MOD: _prefix("mod"),
        Op.MIN: folded(lambda a, b: f"(ite (< {a} {b}) {a} {b})"),
        Op.MAX: folded(lambda a, b: f"(ite (> {a} {b}) {a} {b})"),
        Op.EQ: _prefix("="),
        Op.LT: _prefix("<"),
        Op.LE: _prefix("<="),
        Op.AND: _prefix("and"),
        Op.OR: _prefix("or"),
        Op.NOT: _prefix("not"),
        Op.ITE: _prefix("ite"),
    },
    constant=lambda value: (
        str(value).lower() if isinstance(value, bool) else str(value) if value >= 0 else f"(- {-value})"
    ),
    truth=lambda number: f"(not (= {number} 0))",
    number=lambda truth: f"(ite {truth} 1 0)",
    minus=False,
)


def smtlib(system: TransitionSystem, prop: Always) -> str:
    """The system and the question whether ``prop`` always holds. ``div`` and ``mod`` of SMT-LIB round down for positive
    divisors, which is all the model divides by."""
    everything = (*system.variables, *system.parameters)
    names = {v.name: f"|{v.name.replace('|', '/')}|" for v in everything}
    return "\n".join(_lines(system, prop, everything, names)) + "\n"


def _lines(
    system: TransitionSystem, prop: Always, everything: tuple[Variable, ...], names: dict[str, str]
) -> Iterator[str]:
    bound = " ".join(f"({names[v.name]} {_sort(v)})" for v in everything)
    arguments = " ".join(names[v.name] for v in everything)
    yield f"; {system.name}"
    yield f"; {prop.name}"
    yield "(set-logic HORN)"
    yield f"(declare-fun Reachable ({' '.join(_sort(v) for v in everything)}) Bool)"
    yield f"(define-fun start ({bound}) Bool {condition(_start(system), SMT, names)})"
    yield f"(define-fun property ({bound}) Bool {condition(prop.condition, SMT, names)})"
    yield f"(assert (forall ({bound}) (=> (start {arguments}) (Reachable {arguments}))))"
    for action in system.actions:
        yield f"; {action.component}: {action.name}"
        guard = condition(action.guard, SMT, names)
        after = " ".join(_after(action, v, names) for v in everything)
        yield f"(assert (forall ({bound}) (=> (and (Reachable {arguments}) {guard}) (Reachable {after}))))"
    yield f"(assert (forall ({bound}) (=> (and (Reachable {arguments}) (not (property {arguments}))) false)))"
    yield "(check-sat)"


def _start(system: TransitionSystem) -> Condition:
    given = all_of([system.assume, *ranges(system.parameters)])
    if system.starts is None:
        return all_of([given, system.initial_condition])
    listed = (
        all_of(v.expr == (bool(x) if v.truth else x) for v, x in zip(system.variables, start, strict=True))
        for start in system.starts
    )
    return all_of([given, any_of(listed)])


def _after(action: Action, v: Variable, names: dict[str, str]) -> str:
    if v.name not in action.updates:
        return names[v.name]
    update = action.updates[v.name]
    return written(update, v.truth, SMT, names)


def _sort(v: Variable) -> str:
    return "Bool" if v.truth else "Int"
