"""Transition systems as Z3 formulas.

Numbers are mathematical integers and truth values are Booleans, as in ``kverify.model.expr``. Every query gets a fresh
solver: that keeps answers repeatable, and Z3's incremental mode has had more bugs than its plain one. ``effort`` is
Z3's ``rlimit``, a number of elementary steps, which unlike a clock gives the same answer on every machine.

Z3 is imported where it is used; importing it takes longer than many a check.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kverify.engines.budget import gave_up, limit_solver
from kverify.engines.errors import ModelError
from kverify.engines.verdict import Step, Trace
from kverify.model.expr import Condition, Expr, Number, Op, all_of, lift, walk
from kverify.model.system import Action, State, TransitionSystem, Variable


def translate(root: Number | Condition, names: Mapping[str, Any]) -> Any:
    """``root`` as a Z3 term, with ``names`` giving the Z3 constant of every variable.

    Division rounds down as in Python, also for negative divisors; division by zero has an arbitrary value, so a proof
    covers whatever it might be and a counterexample is refused by its replay.
    """
    done: dict[int, Any] = {}
    for expr in walk(lift(root)):
        if expr.name is not None:
            done[id(expr)] = names[expr.name]
        elif expr.op is None:
            done[id(expr)] = _constant(expr)
        else:
            done[id(expr)] = _apply(expr.op, [done[id(arg)] for arg in expr.args])
    return done[id(lift(root))]


def _constant(expr: Expr) -> Any:
    import z3

    return z3.BoolVal(expr.value) if expr.boolean else z3.IntVal(expr.value)


def as_condition(term: Any) -> Any:
    """``term`` as a Boolean; a number is true unless it is zero, as in Python."""
    import z3

    return term if z3.is_bool(term) else term != 0


def as_number(term: Any) -> Any:
    """``term`` as an integer; truth values are 0 and 1, as in Python."""
    import z3

    return z3.If(term, z3.IntVal(1), z3.IntVal(0)) if z3.is_bool(term) else term


def _apply(op: Op, args: list[Any]) -> Any:
    import z3

    match op:
        case Op.AND:
            return z3.And([as_condition(a) for a in args])
        case Op.OR:
            return z3.Or([as_condition(a) for a in args])
        case Op.NOT:
            return z3.Not(as_condition(args[0]))
        case Op.EQ if z3.is_bool(args[0]) and z3.is_bool(args[1]):
            return args[0] == args[1]
        case Op.ITE if z3.is_bool(args[1]) and z3.is_bool(args[2]):
            return z3.If(as_condition(args[0]), args[1], args[2])
        case Op.ITE:
            return z3.If(as_condition(args[0]), as_number(args[1]), as_number(args[2]))
    numbers = [as_number(a) for a in args]
    first = numbers[0]
    match op:
        case Op.ADD:
            return z3.Sum(numbers)
        case Op.MUL:
            return first * numbers[1]
        case Op.FLOORDIV:
            return _floor(first, numbers[1])
        case Op.MOD:
            return first - numbers[1] * _floor(first, numbers[1])
        case Op.MIN:
            for number in numbers[1:]:
                first = z3.If(number < first, number, first)
            return first
        case Op.MAX:
            for number in numbers[1:]:
                first = z3.If(number > first, number, first)
            return first
        case Op.EQ:
            return first == numbers[1]
        case Op.LE:
            return first <= numbers[1]
        case _:
            return first < numbers[1]


def _floor(a: Any, b: Any) -> Any:
    """Z3's division rounds so that the remainder is not negative, which is rounding down for positive divisors."""
    import z3

    if z3.is_int_value(b):
        return a / b if b.as_long() > 0 else (-a) / (-b)
    return z3.If(b > 0, a / b, (-a) / (-b))


class Unrolling:
    """The variables of a system at step 0, 1, 2, ..., its parameters, and what relates them.

    Declared ranges are not part of ``step``: an engine that wants them asks for ``within``, or proves them.
    """

    def __init__(self, system: TransitionSystem) -> None:
        self.system = system
        self._parameters = {p.name: _fresh(p, p.name) for p in system.parameters}
        self._steps: list[dict[str, Any]] = []

    def at(self, step: int) -> Mapping[str, Any]:
        """Every variable at ``step``, and every parameter."""
        while len(self._steps) <= step:
            number = len(self._steps)
            variables = {v.name: _fresh(v, f"{v.name}@{number}") for v in self.system.variables}
            self._steps.append({**variables, **self._parameters})
        return self._steps[step]

    def condition(self, condition: Condition, step: int) -> Any:
        """``condition`` at ``step``."""
        return as_condition(translate(condition, self.at(step)))

    def choice(self, step: int) -> Any:
        """The index of the action taken from ``step`` to the next."""
        import z3

        return z3.Int(f"action@{step}")

    def given(self) -> Any:
        """What is assumed of the parameters: their ranges and ``assume``."""
        return self.condition(all_of([self.system.assume, *ranges(self.system.parameters)]), 0)

    def start(self) -> Any:
        """Step 0 is an initial state."""
        import z3

        system, now = self.system, self.at(0)
        if system.starts is None:
            return z3.And(self.given(), self.condition(system.initial_condition, 0))
        # There may be thousands that differ in little: what all of them share is said once.
        starts = system.starts
        equal: list[dict[int, Any]] = [
            {value: now[v.name] == _literal(v, value) for value in {state[position] for state in starts}}
            for position, v in enumerate(system.variables)
        ]
        shared = [term for known in equal if len(known) == 1 for term in known.values()]
        differing = [position for position, known in enumerate(equal) if len(known) > 1]
        listed = [z3.And([equal[p][state[p]] for p in differing]) for state in starts]
        return z3.And(self.given(), *shared, z3.Or(listed))

    def within(self, step: int) -> Any:
        """Every variable is inside its declared range at ``step``."""
        return self.condition(all_of(ranges(self.system.variables)), step)

    def step(self, step: int) -> Any:
        """One action leads from ``step`` to the next: its guard held, its updates happened, nothing else did."""
        import z3

        now, after, choice = self.at(step), self.at(step + 1), self.choice(step)
        actions = self.system.actions
        guards = [z3.Implies(choice == i, self.condition(action.guard, step)) for i, action in enumerate(actions)]
        effects = []
        for v in self.system.variables:
            value = now[v.name]
            for i, action in enumerate(actions):
                if v.name in action.updates:
                    update = translate(action.updates[v.name], now)
                    update = as_condition(update) if v.truth else as_number(update)
                    value = z3.If(choice == i, update, value)
            effects.append(after[v.name] == value)
        return z3.And(choice >= 0, choice < len(actions), *guards, *effects)

    def taken(self, step: int, action: Action) -> Any:
        """``action`` leads from ``step`` to the next."""
        import z3

        now, after = self.at(step), self.at(step + 1)
        effects = []
        for v in self.system.variables:
            value = translate(action.updates[v.name], now) if v.name in action.updates else now[v.name]
            effects.append(after[v.name] == (as_condition(value) if v.truth else as_number(value)))
        return z3.And(self.condition(action.guard, step), *effects)

    # -- reading models ------------------------------------------------------------------------------------------

    def state(self, model: Any, step: int) -> State:
        """The state at ``step`` in a Z3 model."""
        now = self.at(step)
        return tuple(_value(model, now[v.name]) for v in self.system.variables)

    def parameters(self, model: Any) -> dict[str, int]:
        """The parameters in a Z3 model."""
        return {name: _value(model, term) for name, term in self._parameters.items()}

    def view(self, model: Any, step: int) -> dict[str, int | bool]:
        """Variables and parameters by name, for ``evaluate``."""
        values = self.parameters(model)
        fixed = {p.name: bool(values[p.name]) if p.truth else values[p.name] for p in self.system.parameters}
        return {**self.system.view(self.state(model, step)), **fixed}

    def trace(self, model: Any, length: int) -> Trace:
        """The run of ``length`` steps in a Z3 model, in the system with the parameters fixed as the model has them."""
        fixed = fix(self.system, self.parameters(model))
        steps = (Step(fixed.actions[_value(model, self.choice(k))], self.state(model, k + 1)) for k in range(length))
        return Trace(fixed, self.state(model, 0), tuple(steps))


def fix(system: TransitionSystem, parameters: Mapping[str, int]) -> TransitionSystem:
    """``system.fix``, with truth values given as such."""
    truths = {p.name for p in system.parameters if p.truth}
    return system.fix(**{name: bool(value) if name in truths else value for name, value in parameters.items()})


def ranges(variables: Iterable[Variable]) -> list[Condition]:
    """The declared ranges as conditions, one for each side; none for truth values, which cannot leave theirs."""
    sides: list[Condition] = []
    for v in variables:
        if v.truth:
            continue
        if v.low is not None:
            sides.append(v.low <= v.expr)
        if v.high is not None:
            sides.append(v.expr <= v.high)
    return sides


def _fresh(variable: Variable, name: str) -> Any:
    import z3

    return z3.Bool(name) if variable.truth else z3.Int(name)


def _literal(variable: Variable, value: int) -> Any:
    import z3

    return z3.BoolVal(bool(value)) if variable.truth else z3.IntVal(value)


def _value(model: Any, term: Any) -> int:
    import z3

    value = model.eval(term, model_completion=True)
    return int(z3.is_true(value)) if z3.is_bool(value) else int(value.as_long())


# -- asking ------------------------------------------------------------------------------------------------------


def own_context() -> Any:
    """A new context. Ctrl-C waits for it: of one that is half made Z3's bindings print a traceback."""
    import z3

    with _uninterrupted():
        return z3.Context()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def solve(assertions: Sequence[Any], *, effort: int | None = None) -> Any | None:
    """A Z3 model of all ``assertions``, or None if there is none. Raises ``Undecided`` when Z3 gives up."""
    import z3

    # In a context of its own the model does not depend on what was asked before.
    context = own_context()
    solver = z3.Solver(ctx=context)
    # Plain truth values are assertions too.
    terms = (z3.BoolVal(assertion) if isinstance(assertion, bool) else assertion for assertion in assertions)
    solver.add(*[term.translate(context) for term in terms])
    return _decide(solver, effort)


def solve_text(assertions: Sequence[Any], *, effort: int | None = None) -> Any | None:
    """``solve`` by way of SMT-LIB text: nothing but the text reaches the solver that answers."""
    import z3

    printer = z3.Solver()
    printer.add(*assertions)
    reader = z3.Solver(ctx=own_context())
    reader.from_string(printer.to_smt2())
    return _decide(reader, effort)


def _decide(solver: Any, effort: int | None) -> Any | None:
    """The model, in the main context."""
    import z3

    if effort is not None:
        solver.set("rlimit", effort)
    limit_solver(solver)
    answer = solver.check()
    if answer == z3.unknown:
        raise gave_up(solver.reason_unknown())
    return solver.model().translate(z3.main_ctx()) if answer == z3.sat else None


def require_start(system: TransitionSystem, *, effort: int | None = None) -> None:
    """Raise ``ModelError`` if there is no initial state, because then everything would hold."""
    if solve([Unrolling(system).start()], effort=effort) is None:
        raise ModelError(f"{system.name}: there is no initial state")


def show(view: Mapping[str, int | bool]) -> str:
    """Values by name, as a person reads them."""
    return ", ".join(f"{name} = {str(value).lower()}" for name, value in view.items())


def scope(system: TransitionSystem) -> str:
    """For what a proof about ``system`` stands: every value of its open parameters, or just this system."""
    if not system.parameters:
        return system.name
    names = ", ".join(p.name for p in system.parameters)
    limits = all_of([system.assume, *ranges(system.parameters)])
    return f"every {names}" if limits is True else f"every {names} where {limits}"
