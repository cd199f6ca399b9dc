"""One expression tree, interpreted by every engine.

An ``Expr`` is immutable and interned: two structurally equal expressions are the same Python object, so ``is`` decides
equality, hashing is free and shared parts are stored once. Expressions are built with Python operators::

    total(ready) >= replicas - max_unavailable

``int`` and ``bool`` are expressions as well. Every operator and helper folds constants, so a rule given plain numbers
computes a number and the same rule given variables builds a tree. ``and``, ``or`` and ``not`` cannot be overloaded in
Python: use ``all_of``, ``any_of`` and ``negate``.

Arithmetic is over the mathematical integers. ``//`` and ``%`` round down as in Python and need a positive divisor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, ClassVar, TypeAlias, cast
from weakref import WeakValueDictionary


class Op(Enum):
    """The operators an engine has to know. Each is named by the way it is printed."""

    ADD = "+"
    MUL = "*"
    FLOORDIV = "//"
    MOD = "%"
    MIN = "min"
    MAX = "max"
    EQ = "=="
    LT = "<"
    LE = "<="
    AND = "and"
    OR = "or"
    NOT = "not"
    ITE = "if"

    @property
    def boolean(self) -> bool:
        return self in _BOOLEAN


_BOOLEAN = {Op.EQ, Op.LT, Op.LE, Op.AND, Op.OR, Op.NOT}


class Expr:
    """A constant, a variable or an operator applied to expressions. Never construct one directly.

    ``==`` builds an equation, as in Z3 and SymPy; ``bool()`` of an equation says whether both sides are the same tree
    (so that dictionaries and sets work), and of any other expression raises ``TypeError``.
    """

    __slots__ = ("__weakref__", "args", "boolean", "name", "op", "value")
    _interned: ClassVar[WeakValueDictionary[tuple[Any, ...], Expr]] = WeakValueDictionary()

    op: Op | None
    args: tuple[Expr, ...]
    name: str | None
    value: int | bool | None
    boolean: bool

    def __new__(
        cls, op: Op | None, args: tuple[Expr, ...], name: str | None, value: int | bool | None, boolean: bool
    ) -> Expr:
        key = (op, tuple(map(id, args)), name, value, boolean)
        known = cls._interned.get(key)
        if known is not None:
            return known
        self = super().__new__(cls)
        self.op, self.args, self.name, self.value, self.boolean = op, args, name, value, boolean
        cls._interned[key] = self
        return self

    # -- shape -------------------------------------------------------------------------------------------------

    @property
    def is_constant(self) -> bool:
        return self.value is not None

    @property
    def is_variable(self) -> bool:
        return self.name is not None

    def variables(self) -> frozenset[str]:
        """The names of all variables in the tree."""
        return frozenset(e.name for e in walk(self) if e.name is not None)

    def __reduce__(self) -> tuple[Any, ...]:
        return Expr, (self.op, self.args, self.name, self.value, self.boolean)

    # -- building ----------------------------------------------------------------------------------------------

    def __add__(self, other: Number) -> Number:
        return total((self, other))

    def __radd__(self, other: Number) -> Number:
        return total((other, self))

    def __sub__(self, other: Number) -> Number:
        return total((self, times(-1, other)))

    def __rsub__(self, other: Number) -> Number:
        return total((other, times(-1, self)))

    def __neg__(self) -> Number:
        return times(-1, self)

    def __mul__(self, other: Number) -> Number:
        return times(self, other)

    __rmul__ = __mul__

    def __floordiv__(self, other: Number) -> Number:
        return _binary(Op.FLOORDIV, self, other, lambda a, b: a // b)

    def __mod__(self, other: Number) -> Number:
        return _binary(Op.MOD, self, other, lambda a, b: a % b)

    def __le__(self, other: Number) -> Condition:
        return _compare(Op.LE, self, other)

    def __lt__(self, other: Number) -> Condition:
        return _compare(Op.LT, self, other)

    def __ge__(self, other: Number) -> Condition:
        return _compare(Op.LE, other, self)

    def __gt__(self, other: Number) -> Condition:
        return _compare(Op.LT, other, self)

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        if not isinstance(other, Expr | int):
            return NotImplemented
        return _compare(Op.EQ, self, other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        if not isinstance(other, Expr | int):
            return NotImplemented
        return negate(_compare(Op.EQ, self, other))

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> bool:
        if self.op is Op.EQ:
            return self.args[0] is self.args[1]
        if self.op is Op.NOT and self.args[0].op is Op.EQ:
            return not bool(self.args[0])
        raise TypeError(f"{self} is symbolic: use all_of, any_of and negate instead of and, or and not")

    def __repr__(self) -> str:
        return to_text(self)


Number: TypeAlias = "Expr | int"
Condition: TypeAlias = "Expr | bool"


def const(value: int | bool) -> Expr:
    """The tree of a plain number or truth value."""
    return Expr(None, (), None, value, isinstance(value, bool))


def integer(name: str) -> Expr:
    """An integer variable."""
    return Expr(None, (), name, None, False)


def boolean(name: str) -> Expr:
    """A truth-valued variable."""
    return Expr(None, (), name, None, True)


def lift(value: Number | Condition) -> Expr:
    """``value`` as a tree, whether or not it was folded to a plain number."""
    return value if isinstance(value, Expr) else const(value)


def _lower(value: Number | Condition) -> Any:
    """A constant tree as its plain value, anything else unchanged."""
    return value.value if isinstance(value, Expr) and value.value is not None else value


def total(terms: Iterable[Number]) -> Number:
    """The sum of ``terms``; 0 when there are none. Nested sums are flattened and equal terms collected."""
    terms = tuple(terms)
    if all(type(term) is int for term in terms):
        # Plain numbers, as in every concrete state.
        return sum(cast("tuple[int, ...]", terms))
    constant = 0
    factors: dict[Expr, int] = {}
    for term in terms:
        for part in term.args if isinstance(term, Expr) and term.op is Op.ADD else (term,):
            part = _lower(part)
            if not isinstance(part, Expr):
                constant += part
            elif part.op is Op.MUL and part.args[1].value is not None:
                factors[part.args[0]] = factors.get(part.args[0], 0) + part.args[1].value
            else:
                factors[part] = factors.get(part, 0) + 1
    rest = [lift(times(base, factor)) for base, factor in factors.items() if factor]
    if not rest:
        return constant
    if constant:
        rest.append(const(constant))
    return rest[0] if len(rest) == 1 else Expr(Op.ADD, tuple(rest), None, None, False)


def times(a: Number, b: Number) -> Number:
    """The product of two numbers."""
    a, b = _lower(a), _lower(b)
    if not isinstance(a, Expr):
        a, b = b, a
    if not isinstance(a, Expr):
        return a * b
    if not isinstance(b, Expr):
        if b == 0:
            return 0
        if b == 1:
            return a
        if a.op is Op.MUL and a.args[1].value is not None:
            return times(a.args[0], a.args[1].value * b)
        if a.op is Op.ADD:
            return total(times(part, b) for part in a.args)
    return Expr(Op.MUL, (a, lift(b)), None, None, False)


def minimum(values: Iterable[Number]) -> Number:
    """The smallest of ``values``, of which there must be at least one."""
    return _extreme(Op.MIN, min, values)


def maximum(values: Iterable[Number]) -> Number:
    """The largest of ``values``, of which there must be at least one."""
    return _extreme(Op.MAX, max, values)


def _extreme(op: Op, choose: Callable[[Iterable[int]], int], values: Iterable[Number]) -> Number:
    numbers: list[int] = []
    rest: dict[Expr, None] = {}
    for value in values:
        value = _lower(value)
        if isinstance(value, Expr):
            rest[value] = None
        else:
            numbers.append(value)
    if not numbers and not rest:
        raise ValueError(f"{op.value} of nothing")
    if not rest:
        return choose(numbers)
    parts = list(rest)
    if numbers:
        parts.append(const(choose(numbers)))
    return parts[0] if len(parts) == 1 else Expr(op, tuple(parts), None, None, False)


def all_of(conditions: Iterable[Condition]) -> Condition:
    """True when every condition holds; true when there are none."""
    return _junction(Op.AND, True, conditions)


def any_of(conditions: Iterable[Condition]) -> Condition:
    """True when at least one condition holds; false when there are none."""
    return _junction(Op.OR, False, conditions)


def _junction(op: Op, neutral: bool, conditions: Iterable[Condition]) -> Condition:
    rest: dict[Expr, None] = {}
    for condition in conditions:
        condition = _lower(condition)
        if not isinstance(condition, Expr):
            if bool(condition) is not neutral:
                return not neutral
        elif condition.op is op:
            rest.update(dict.fromkeys(condition.args))
        else:
            rest[condition] = None
    if not rest:
        return neutral
    parts = tuple(rest)
    return parts[0] if len(parts) == 1 else Expr(op, parts, None, None, True)


def negate(condition: Condition) -> Condition:
    """The opposite of ``condition``."""
    condition = _lower(condition)
    if not isinstance(condition, Expr):
        return not condition
    if condition.op is Op.NOT:
        return condition.args[0]
    if condition.op is Op.LE:
        return _compare(Op.LT, condition.args[1], condition.args[0])
    if condition.op is Op.LT:
        return _compare(Op.LE, condition.args[1], condition.args[0])
    return Expr(Op.NOT, (condition,), None, None, True)


def implies(premise: Condition, conclusion: Condition) -> Condition:
    """``conclusion`` holds wherever ``premise`` does."""
    return any_of((negate(premise), conclusion))


def ite(condition: Condition, then: Number, otherwise: Number) -> Number:
    """``then`` where ``condition`` holds, else ``otherwise``."""
    condition, then, otherwise = _lower(condition), _lower(then), _lower(otherwise)
    if not isinstance(condition, Expr):
        return then if condition else otherwise
    a, b = lift(then), lift(otherwise)
    return a if a is b else Expr(Op.ITE, (condition, a, b), None, None, a.boolean)


def _binary(op: Op, a: Number, b: Number, fold: Callable[[int, int], int]) -> Number:
    a, b = _lower(a), _lower(b)
    if not isinstance(a, Expr) and not isinstance(b, Expr):
        return fold(a, b)
    return Expr(op, (lift(a), lift(b)), None, None, False)


_FOLD: dict[Op, Callable[[Any, Any], bool]] = {
    Op.EQ: lambda a, b: a == b,
    Op.LT: lambda a, b: a < b,
    Op.LE: lambda a, b: a <= b,
}


def _compare(op: Op, a: Number, b: Number) -> Condition:
    a, b = _lower(a), _lower(b)
    if not isinstance(a, Expr) and not isinstance(b, Expr):
        return _FOLD[op](a, b)
    left, right = lift(a), lift(b)
    if left is right:
        return op is not Op.LT
    if op is Op.EQ and left.boolean:
        # Equations between truth values with a constant are the value itself or its opposite.
        for side, other in ((left, right), (right, left)):
            if other.value is not None:
                return side if other.value else negate(side)
    return Expr(op, (left, right), None, None, True)


# -- reading a tree --------------------------------------------------------------------------------------------


def walk(*roots: Expr) -> Iterator[Expr]:
    """Every distinct subexpression, children before parents. Iterative, so depth is no limit."""
    seen: set[int] = set()
    stack: list[tuple[Expr, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        expr, ready = stack.pop()
        if id(expr) in seen:
            continue
        if ready or not expr.args:
            seen.add(id(expr))
            yield expr
        else:
            stack.append((expr, True))
            stack.extend((arg, False) for arg in reversed(expr.args))


def rebuild(op: Op, args: list[Any]) -> Any:
    """``op`` applied to ``args``, folding what has become constant. The one meaning of every operator."""
    match op:
        case Op.ADD:
            return total(args)
        case Op.MUL:
            return times(args[0], args[1])
        case Op.FLOORDIV:
            return _binary(op, args[0], args[1], lambda a, b: a // b)
        case Op.MOD:
            return _binary(op, args[0], args[1], lambda a, b: a % b)
        case Op.MIN:
            return minimum(args)
        case Op.MAX:
            return maximum(args)
        case Op.EQ | Op.LT | Op.LE:
            return _compare(op, args[0], args[1])
        case Op.AND:
            return all_of(args)
        case Op.OR:
            return any_of(args)
        case Op.NOT:
            return negate(args[0])
        case Op.ITE:
            return ite(args[0], args[1], args[2])


def substitute(root: Number | Condition, values: Mapping[str, Any]) -> Any:
    """``root`` with variables replaced by expressions or numbers; what becomes constant is folded."""
    if not isinstance(root, Expr):
        return root
    done: dict[int, Any] = {}
    for expr in walk(root):
        if expr.name is not None:
            done[id(expr)] = values.get(expr.name, expr)
        elif expr.op is None:
            done[id(expr)] = expr.value
        else:
            done[id(expr)] = rebuild(expr.op, [done[id(arg)] for arg in expr.args])
    return done[id(root)]


def evaluate(root: Number | Condition, state: Mapping[str, int | bool]) -> Any:
    """The value of ``root`` in ``state``, which must give every variable it comes to (else ``KeyError``).

    ``and``, ``or`` and ``if`` look only at the parts they need, as in Python: a condition may guard a division.
    """
    return _value(root, state, {}) if isinstance(root, Expr) else root


def _value(expr: Expr, state: Mapping[str, int | bool], known: dict[int, Any]) -> Any:
    if id(expr) in known:
        return known[id(expr)]
    result: Any
    match expr.op:
        case None if expr.name is not None:
            if expr.name not in state:
                raise KeyError(f"no value for {expr.name}")
            result = state[expr.name]
        case None:
            result = expr.value
        case Op.AND:
            result = all(_value(arg, state, known) for arg in expr.args)
        case Op.OR:
            result = any(_value(arg, state, known) for arg in expr.args)
        case Op.ITE:
            condition, then, otherwise = expr.args
            result = _value(then if _value(condition, state, known) else otherwise, state, known)
        case op:
            result = rebuild(op, [_value(arg, state, known) for arg in expr.args])
    known[id(expr)] = result
    return result


_PRECEDENCE = {
    Op.ITE: 0, Op.OR: 1, Op.AND: 2, Op.NOT: 3, Op.EQ: 4, Op.LT: 4, Op.LE: 4,
    Op.ADD: 5, Op.MUL: 6, Op.FLOORDIV: 6, Op.MOD: 6, Op.MIN: 9, Op.MAX: 9,
}  # fmt: skip


def to_text(root: Number | Condition, name: Callable[[str], str] = str) -> str:
    """``root`` as Python would write it; ``name`` renames variables (to field names, say)."""

    def inner(expr: Expr, outer: int) -> str:
        if expr.name is not None:
            return name(expr.name)
        if expr.op is None:
            return str(expr.value)
        level = _PRECEDENCE[expr.op]
        if expr.op in (Op.MIN, Op.MAX):
            return f"{expr.op.value}({', '.join(inner(a, 0) for a in expr.args)})"
        if expr.op is Op.ITE:
            condition, then, otherwise = (inner(a, 1) for a in expr.args)
            text = f"{then} if {condition} else {otherwise}"
        elif expr.op is Op.NOT:
            text = f"not {inner(expr.args[0], level + 1)}"
        elif expr.op is Op.ADD:
            text = inner(expr.args[0], level)
            for arg in expr.args[1:]:
                part = inner(arg, level)
                if arg.op is Op.MUL and arg.args[1].value == -1:
                    text += f" - {inner(arg.args[0], level + 1)}"
                elif part.startswith("-"):
                    text += f" - {part[1:]}"
                else:
                    text += f" + {part}"
        elif expr.op is Op.MUL and expr.args[1].value is not None:
            factor = expr.args[1].value
            operand = inner(expr.args[0], level)
            text = f"-{operand}" if factor == -1 else f"{factor} * {operand}"
        else:
            text = f" {expr.op.value} ".join(inner(a, level + (expr.op not in (Op.AND, Op.OR))) for a in expr.args)
        return f"({text})" if level < outer else text

    return inner(lift(root), 0)
