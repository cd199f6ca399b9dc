"""Transition systems as Python source, unrolled per model.

``compile_system`` turns guards and updates into one straight-line function that yields every successor of a state.
Three things make it fast, none of which changes an answer:

* consecutive actions whose guards begin with the same condition share one ``if``;
* subexpressions that several guards need are computed once per state. Only expressions that cannot fail are moved
  (a division by something that may be zero stays where its guard protects it);
* a successor's range is checked only where intervals cannot prove that the update stays inside.

``moves`` and ``images`` return successors in canonical form: the blocks of each symmetry group in ascending order. They
expect a canonical state and sort only the groups an action has touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import takewhile
from typing import Any, NoReturn, TypeAlias

from kverify.engines.errors import ModelError, TooLarge
from kverify.engines.ranges import Range, bounds, conjuncts, declared, refine
from kverify.model.expr import Condition, Expr, Op, lift
from kverify.model.source import ATOM, constant_text, operation
from kverify.model.system import State, TransitionSystem

Move: TypeAlias = "tuple[int, State]"
"""The index of an action and the state after it."""

Effect: TypeAlias = "Callable[[int, _Writer], list[str]]"
"""Lines for the action of a number where its guard holds."""

Change: TypeAlias = "tuple[Expr, str, list[str]]"
"""An update, its text, and where it may leave its range the lines that put it into a local variable and look."""

_DEEPEST = 30
"""Expressions nested deeper than this are cut into several assignments; Python's parser allows 200 parentheses."""

_LONGEST = 200_000
"""How many characters one expression may have. Only shared divisions by variables can come near."""


def compile_system(system: TransitionSystem) -> Compiled:
    """``system`` as Python functions. Raises ``ModelError`` while a parameter is open."""
    if system.parameters:
        names = ", ".join(p.name for p in system.parameters)
        raise ModelError(f"{system.name}: {names} must be fixed before states can be computed")
    return Compiled(system)


class Compiled:
    """The functions of one system; each is generated when it is first used.

    All of them raise ``ModelError`` when a successor leaves a variable's declared range, and ``ZeroDivisionError`` when
    a divisor is zero.
    """

    def __init__(self, system: TransitionSystem) -> None:
        self.system = system
        self._names = {v.name: f"v{i}" for i, v in enumerate(system.variables)}
        self._position = {v.name: i for i, v in enumerate(system.variables)}
        self._ranges = declared(system.variables)
        self._groups = [[[self._position[name] for name in block] for block in group] for group in system.symmetry]

    @cached_property
    def successors(self) -> Callable[[State], list[Move]]:
        """Every enabled action's index with the state it leads to, in the order of the system's actions."""
        return self._function("successors", self.source(canonical=False, numbered=True))

    @cached_property
    def moves(self) -> Callable[[State], list[Move]]:
        """``successors`` of a canonical state, each in canonical form."""
        if not self.system.symmetry:
            return self.successors
        return self._function("successors", self.source(canonical=True, numbered=True))

    @cached_property
    def images(self) -> Callable[[State], list[State]]:
        """The states of ``moves``, without the actions."""
        return self._function("successors", self.source(canonical=True, numbered=False))

    @cached_property
    def canonical(self) -> Callable[[State], State]:
        """The representative of a state's orbit: the blocks of every symmetry group sorted."""
        body = [f"{self._tuple(self._names.values())} = state"] if self.system.variables else []
        for group in self._groups:
            body += _sort([[f"v{i}" for i in block] for block in group], changed=None)
        body.append(f"return {self._tuple(self._names.values())}")
        return self._function("canonical", _define("canonical(state)", body))

    def condition(self, condition: Condition) -> Callable[[State], bool]:
        """``condition`` as a function of a state."""
        expr = lift(condition)
        written = _Writer(self._names)
        body = [*self._unpack(expr, "state"), *written.share([expr]), f"return bool({written.text(expr)})"]
        return self._function("condition", _define("condition(state)", body))

    def select(self, condition: Condition) -> Callable[[Sequence[State]], list[int]]:
        """A function from a list of states to the positions at which ``condition`` holds, ascending."""
        expr = lift(condition)
        if expr.is_constant:
            return lambda states: list(range(len(states))) if expr.value else []
        written = _Writer(self._names)
        loop = [*self._unpack(expr, "state"), *written.share([expr]), f"if {written.text(expr)}:", " push(i)"]
        body = ["out = []", "push = out.append", "for i, state in enumerate(states):", *_indent(loop), "return out"]
        return self._function("select", _define("select(states)", body))

    def source(self, *, canonical: bool, numbered: bool) -> str:
        """The Python source of the successor function, for those who want to read it."""
        body = [*self._unpack_names(self._names, "state"), "out = []", "push = out.append"]
        body += self._steps(lambda index, written: self._effect(index, written, canonical, numbered))
        body.append("return out")
        return _define("successors(state)", body)

    # -- actions -------------------------------------------------------------------------------------------------

    def _steps(self, effect: Effect) -> list[str]:
        """Every action: what its guard tests, and what ``effect`` says happens where it holds."""
        guards = [conjuncts(action.guard) for action in self.system.actions]
        written = _Writer(self._names)
        lines = written.share([part for guard in guards for part in guard])
        return lines + self._branches(list(enumerate(guards)), written, effect)

    def _branches(self, pending: Sequence[tuple[int, tuple[Expr, ...]]], written: _Writer, effect: Effect) -> list[str]:
        """The actions in ``pending`` with what is left of their guards, those with a common beginning together."""
        lines: list[str] = []
        start = certain = 0
        while start < len(pending):
            index, guard = pending[start]
            end = start + 1
            while guard and end < len(pending) and pending[end][1][:1] and pending[end][1][0] is guard[0]:
                end += 1
            common = _common([parts for _, parts in pending[start:end]])
            if end > start + 1:
                inner = self._branches([(i, parts[common:]) for i, parts in pending[start:end]], written, effect)
            else:
                inner = effect(index, written)
                if common and inner:
                    inner += self._tally(1)
                certain += bool(inner) and not common
            if common:
                lines.append(f"if {' and '.join(written.text(part) for part in guard[:common])}:")
                lines += _indent(inner or ["pass"])
            else:
                lines += inner
            start = end
        return lines + (self._tally(certain) if certain else [])

    def _tally(self, count: int) -> list[str]:
        """Lines after ``count`` effects that happen together."""
        del count
        return []

    def _effect(self, index: int, written: _Writer, canonical: bool, numbered: bool) -> list[str]:
        """What one enabled action appends to the result; nothing if its guard never holds."""
        change = self._change(index, written)
        if change is None:
            return []
        lines, updates = change
        after = list(self._names.values())
        for position, (_, text, checked) in updates.items():
            if checked or not ATOM.fullmatch(text):
                after[position] = f"n{position}"
                lines += checked or [f"n{position} = {text}"]
            else:
                after[position] = text
        if canonical:
            lines += self._sorting(set(updates), after)
        state = self._tuple(after)
        lines.append(f"push(({index}, {state}))" if numbered else f"push({state})")
        return lines

    def _change(self, index: int, written: _Writer) -> tuple[list[str], dict[int, Change]] | None:
        """What an action changes: lines to begin with, and the new value of every position; None if it never can."""
        action = self.system.actions[index]
        ranges = refine(self._ranges, action.guard)
        if ranges is None:
            return None
        updates = {
            self._position[name]: lift(update)
            for name, update in action.updates.items()
            if not (isinstance(update, Expr) and update.name == name)
        }
        local = written.inner()
        lines = local.share(list(updates.values()))
        changes: dict[int, Change] = {}
        for position, update in updates.items():
            text = local.value(update)
            check = self._check(index, position, update, ranges)
            changes[position] = update, text, [f"n{position} = {text}", *check] if check else []
        return lines, changes

    def _check(self, action: int, position: int, update: Expr, ranges: Mapping[str, Range]) -> list[str]:
        """A line that notices an overflow, unless intervals show that there is none."""
        variable = self.system.variables[position]
        low, high = bounds(update, ranges)
        outside = []
        if variable.low is not None and low < variable.low:
            outside.append(f"n{position} < {variable.low}")
        if variable.high is not None and high > variable.high:
            outside.append(f"n{position} > {variable.high}")
        if not outside:
            return []
        return [f"if {' or '.join(outside)}:", *_indent(self._refuse(action, position))]

    def _refuse(self, action: int, position: int) -> list[str]:
        """What is done when a variable leaves its range."""
        return [f"overflow({action}, {position}, n{position})"]

    def _sorting(self, changed: set[int], after: list[str]) -> list[str]:
        """Sort the groups that contain a changed variable; ``after`` is redirected to the sorted names."""
        groups = self._groups
        members = Counter(i for group in groups for block in group for i in block)
        overlapping = any(count > 1 for count in members.values())
        lines: list[str] = []
        for group in groups:
            touched = [b for b, block in enumerate(group) if changed.intersection(block)]
            if not touched and not overlapping:
                continue
            inside = [i for block in group for i in block]
            moved = [i for i in inside if after[i] != f"n{i}"]
            if moved:
                lines.append(f"{self._tuple(f'n{i}' for i in moved)} = {self._tuple(after[i] for i in moved)}")
            for i in moved:
                after[i] = f"n{i}"
            blocks = [[f"n{i}" for i in block] for block in group]
            lines += _sort(blocks, changed=None if overlapping or len(touched) > 1 else touched[0])
        return lines

    # -- small pieces ------------------------------------------------------------------------------------------------

    @staticmethod
    def _tuple(names: Iterable[str]) -> str:
        return f"({''.join(f'{name}, ' for name in names)})".replace(", )", ",)")

    def _unpack(self, expr: Expr, source: str) -> list[str]:
        return self._unpack_names(expr.variables(), source)

    def _unpack_names(self, names: Iterable[str], source: str) -> list[str]:
        wanted = set(names)
        if 3 * len(wanted) < len(self._names):
            return [f"{self._names[n]} = {source}[{self._position[n]}]" for n in self._names if n in wanted]
        return [f"{self._tuple(self._names.values())} = {source}"] if self._names else []

    def _overflow(self, action: int, position: int, value: int) -> NoReturn:
        variable = self.system.variables[position]
        raise ModelError(
            f"{self.system.name}: action {self.system.actions[action].name!r} takes {variable.name} to {value}, "
            f"outside {variable.low}..{variable.high}"
        )

    def _function(self, name: str, source: str, **constants: Any) -> Callable[..., Any]:
        namespace: dict[str, Any] = {"overflow": self._overflow, **constants}
        try:
            code = compile(source, f"<{self.system.name}: {name}>", "exec")
        except (SyntaxError, MemoryError, RecursionError) as error:
            raise ModelError(f"{self.system.name}: an expression is nested too deeply to be compiled") from error
        exec(code, namespace)
        function: Callable[..., Any] = namespace[name]
        return function


def _common(guards: Sequence[tuple[Expr, ...]]) -> int:
    """With how many equal conditions all ``guards`` begin."""
    columns = zip(*guards, strict=False)
    return sum(1 for _ in takewhile(lambda column: all(part is column[0] for part in column), columns))


def _define(signature: str, body: Iterable[str]) -> str:
    return "\n".join([f"def {signature}:", *_indent(body), ""])


def _indent(lines: Iterable[str]) -> Iterator[str]:
    return (" " + line for line in lines)


# -- canonical order ---------------------------------------------------------------------------------------------


def _sort(blocks: Sequence[Sequence[str]], changed: int | None) -> list[str]:
    """Statements that sort the values of ``blocks``, all named by local variables.

    When only block ``changed`` may be out of place, it is moved to where it belongs, which takes one comparison per
    other block.
    """
    if not blocks or not blocks[0]:
        return []
    last = len(blocks) - 1
    if changed is not None:
        left = [_exchange(blocks[i - 1], blocks[i]) for i in range(changed, 0, -1)]
        return left + [_exchange(blocks[i], blocks[i + 1]) for i in range(changed, last)]
    if len(blocks) <= 4:
        return [_exchange(blocks[i], blocks[i + 1]) for end in range(last, 0, -1) for i in range(end)]
    rows = ", ".join(f"({', '.join(block)},)" for block in blocks)
    return [f"{rows} = sorted(({rows}))"]


def _exchange(first: Sequence[str], second: Sequence[str]) -> str:
    """Put the smaller of two blocks first."""
    smaller = f"{second[-1]} < {first[-1]}"
    for a, b in zip(first[-2::-1], second[-2::-1], strict=True):
        smaller = f"{b} < {a} or {b} == {a} and ({smaller})"
    return f"if {smaller}: {', '.join([*first, *second])} = {', '.join([*second, *first])}"


# -- expressions -------------------------------------------------------------------------------------------------


class _Writer:
    """Expressions as Python text. ``known`` are those that a local variable already holds."""

    def __init__(self, names: Mapping[str, str], known: Mapping[Expr, str] | None = None, scope: str = "t") -> None:
        self._names = names
        self._known: dict[Expr, str] = dict(known or {})
        self._scope = scope

    def inner(self) -> _Writer:
        """A writer for a branch, which sees what is computed before it and keeps its own to itself."""
        return _Writer(self._names, self._known, self._scope + "_")

    def share(self, roots: Sequence[Expr]) -> list[str]:
        """Assignments of what ``roots`` use more than once, and cuts through what is nested too deeply."""
        order = [expr for expr in self._below(roots) if expr not in self._known]
        used = Counter(roots)
        for expr in order:
            used.update(expr.args)
        lines: list[str] = []
        depth: dict[Expr, int] = {}
        safe: dict[Expr, bool] = {}
        for expr in order:
            safe[expr] = all(safe.get(arg, True) for arg in expr.args) and not _may_fail(expr)
            depth[expr] = 1 + max((depth.get(arg, 0) for arg in expr.args), default=-1)
            shared = used[expr] > 1 and any(arg.args for arg in expr.args)
            if safe[expr] and (shared or depth[expr] >= _DEEPEST):
                text = self.text(expr)
                self._known[expr] = f"{self._scope}{len(self._known)}"
                lines.append(f"{self._known[expr]} = {text}")
                depth[expr] = 0
        return lines

    def _below(self, roots: Iterable[Expr]) -> list[Expr]:
        """Every subexpression of ``roots``, children first, without looking inside what is known already."""
        order: dict[Expr, None] = {}
        stack = [(root, False) for root in reversed(list(dict.fromkeys(roots)))]
        while stack:
            expr, ready = stack.pop()
            if expr in order:
                continue
            if ready or not expr.args or expr in self._known:
                order[expr] = None
            else:
                stack.append((expr, True))
                stack.extend((arg, False) for arg in reversed(expr.args))
        return list(order)

    def value(self, expr: Expr) -> str:
        """``expr`` as something to store in a state: never a ``bool``."""
        text = self.text(expr)
        if expr.value is not None:
            return str(int(expr.value))
        if expr.is_variable or not expr.boolean:
            return text
        return f"(1 if {text} else 0)"

    def text(self, root: Expr) -> str:
        """``root`` as a Python expression; truth values may come out as ``bool`` or as 0 and 1."""
        done: dict[Expr, str] = {}
        for expr in self._below([root]):
            if expr in self._known:
                done[expr] = self._known[expr]
            elif expr.name is not None:
                done[expr] = self._names[expr.name]
            elif expr.op is None:
                done[expr] = constant_text(expr)
            else:
                done[expr] = operation(expr.op, expr, done)
            if len(done[expr]) > _LONGEST:
                raise TooLarge("an expression is too large to be compiled: divide by constants, or in fewer places")
        return done[root]


def _may_fail(expr: Expr) -> bool:
    if expr.op not in (Op.FLOORDIV, Op.MOD):
        return False
    return not expr.args[1].value
