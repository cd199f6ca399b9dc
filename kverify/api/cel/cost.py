"""How much an expression can cost at most, before it is evaluated (cel-go ``checker/cost.go``).

The API server refuses a CustomResourceDefinition whose rules could cost too much on the largest objects that its
schema allows.
"""

from __future__ import annotations

from attrs import define, field, frozen

from kverify.api.cel import types
from kverify.api.cel.ast import Call, Comprehension, Expr, Ident, ListExpr, Literal, MapExpr, Message, Select
from kverify.api.cel.checker import Checked
from kverify.api.cel.declared import DeclType
from kverify.api.cel.library_costs import Node, call_cost
from kverify.api.cel.macros import ACCUMULATOR
from kverify.api.cel.sizes import ONE, TEXT_FACTOR, UNKNOWN, UNLIMITED, ZERO, Entries, Range, fixed
from kverify.api.cel.types import Type

Path = tuple[str, ...]

LIST_COST, MAP_COST, MESSAGE_COST = fixed(10), fixed(30), fixed(40)
_SCALARS = frozenset({"bool", "double", "duration", "int", "timestamp", "uint"})
_COMPARED = frozenset(
    f"{sign}_{kind}" for sign in ("less", "greater", "less_equals", "greater_equals") for kind in ("string", "bytes")
) | {"equals", "not_equals"}


def max_cost(checked: Checked, root: DeclType) -> int:
    """The largest estimated cost of an expression about ``self``, whose data is declared by ``root``."""
    return _Coster(checked, root).cost(checked.expr).high


@frozen
class _Local:
    path: Path
    size: Range | None
    entries: Entries | None


@define
class _Coster:
    checked: Checked
    root: DeclType
    paths: dict[int, Path] = field(factory=dict)
    sizes: dict[int, Range] = field(factory=dict)
    entries: dict[int, Entries] = field(factory=dict)
    locals: dict[str, list[_Local]] = field(factory=dict)

    def cost(self, expr: Expr) -> Range:
        match expr:
            case Literal():
                return ZERO
            case Ident():
                local = self._local(expr.name)
                self.paths[id(expr)] = local.path if local is not None else (expr.name,)
                return ONE
            case Select():
                return self._select(expr)
            case Call():
                return self._call(expr)
            case ListExpr():
                return self._list(expr)
            case MapExpr():
                return self._map(expr)
            case Message():
                total = MESSAGE_COST
                for entry in expr.entries:
                    total += self.cost(entry.value)
                return total
        return self._bind(expr) if _is_bind(expr) else self._fold(expr)

    def _local(self, name: str) -> _Local | None:
        stack = self.locals.get(name)
        return stack[-1] if stack else None

    def _select(self, expr: Select) -> Range:
        name = self.checked.names.get(id(expr))
        if name is not None:
            self.paths[id(expr)] = (name,)
            return ONE
        total = self.cost(expr.operand)
        if expr.test:
            # has() is free: PresenceTestHasCost(false).
            return total
        if self.checked.type_of(expr.operand).kind in ("map", "object", "param"):
            total += ONE
        self.paths[id(expr)] = (*self._path(expr.operand), expr.field)
        return total

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, expr: Call) -> Range:
        if expr.function == "dyn" and expr.target is None:
            total = ONE + self.cost(expr.args[0])
            self._copy(expr, expr.args[0])
            return total
        args: list[Node] = []
        costs: list[Range] = []
        for argument in expr.args:
            costs.append(self.cost(argument))
            args.append(self._node(argument))
        overloads = self.checked.overloads.get(id(expr), ())
        if not overloads:
            return ZERO
        total = ZERO
        target: Node | None = None
        name = self.checked.functions.get(id(expr))
        if expr.target is not None and name is None:
            total += self.cost(expr.target)
            target = self._node(expr.target)
        most = Range(UNLIMITED, 0)
        size: Range | None = None
        for overload in overloads:
            this, result = self._overload(expr, name or expr.function, overload, target, args, costs)
            most = most.union(this)
            if result is not None:
                size = result if size is None else size.union(result)
            if overload in ("index_list", "index_map"):
                held = self._entries(expr.args[0])
                size = held.value if held is not None else None
                step = "@items" if overload == "index_list" else "@values"
                self.paths[id(expr)] = (*self._path(expr.args[0]), step)
            if size is None:
                size = self._size(expr)
        if size is not None:
            self.sizes[id(expr)] = size
        return total + most

    def _overload(
        self, expr: Call, function: str, overload: str, target: Node | None, args: list[Node], costs: list[Range]
    ) -> tuple[Range, Range | None]:
        total = ZERO
        for cost in costs:
            total += cost
        found = call_cost(function, overload, target, args, self._size_at)
        if found is not None:
            return found[0] + total, found[1]
        if overload in _COMPARED:
            smallest = min(args[0].size_or_unknown.high, args[1].size_or_unknown.high)
            return Range(1 if smallest else 0, smallest).times(TEXT_FACTOR) + total, None
        match overload:
            case "logical_and" | "logical_or":
                return Range(costs[0].low, (costs[0] + costs[1]).high), None
            case "conditional":
                held = self._union_of_entries(args[1].expr, args[2].expr)
                if held is not None:
                    self.entries[id(expr)] = held
                size = args[1].size_or_unknown.union(args[2].size_or_unknown)
                return costs[0] + costs[1].union(costs[2]), size
            case "add_string" | "add_bytes" | "add_list":
                held = self._union_of_entries(args[0].expr, args[1].expr)
                if held is not None:
                    self.entries[id(expr)] = held
                size = args[0].size_or_unknown + args[1].size_or_unknown
                own = ONE if overload == "add_list" else size.times(TEXT_FACTOR)
                return own + total, size
            case "in_list":
                return args[1].size_or_unknown.times(1) + total, None
        return ONE + total, None

    def _union_of_entries(self, first: Expr | None, second: Expr | None) -> Entries | None:
        if first is None or second is None:
            return None
        one, other = self._entries(first), self._entries(second)
        return None if one is None or other is None else one.union(other)

    # -- literals and folds --------------------------------------------------------------------------------------------

    def _list(self, expr: ListExpr) -> Range:
        total = ZERO
        held = Range(UNLIMITED if expr.elements else 0, 0)
        for element in expr.elements:
            total += self.cost(element)
            held = held.union(self._size_or_unknown(element))
        self.entries[id(expr)] = Entries(True, ONE, held)
        return total + LIST_COST

    def _map(self, expr: MapExpr) -> Range:
        total = ZERO
        key = value = Range(UNLIMITED if expr.entries else 0, 0)
        for entry in expr.entries:
            total += self.cost(entry.key) + self.cost(entry.value)
            key = key.union(self._size_or_unknown(entry.key))
            value = value.union(self._size_or_unknown(entry.value))
        self.entries[id(expr)] = Entries(False, key, value)
        return total + MAP_COST

    def _fold(self, expr: Comprehension) -> Range:
        total = self.cost(expr.range) + self.cost(expr.init)
        accumulator = _Local(self._path(expr.init), self._size(expr.init), self._entries(expr.init))
        self.locals.setdefault(expr.accumulator, []).append(accumulator)
        names = self._push_variables(expr)
        loop = self.cost(expr.condition) + self.cost(expr.step)
        for name in names:
            self.locals[name].pop()
        total += self.cost(expr.result)
        self.locals[expr.accumulator].pop()
        count = self._size_or_unknown(expr.range)
        total += count * loop
        if isinstance(expr.init, Literal):
            size = self._size(expr.init)
            if size is not None:
                self.sizes[id(expr)] = size
        elif isinstance(expr.init, (ListExpr, MapExpr)):
            self.sizes[id(expr)] = count
            held = self._entries(expr.step)
            if held is not None:
                self.entries[id(expr)] = held
        return total

    def _push_variables(self, expr: Comprehension) -> list[str]:
        held = self._entries(expr.range)
        is_list = held.is_list if held is not None else self.checked.type_of(expr.range).kind == "list"
        path = self._path(expr.range)
        key = _Local((*path, "@indices" if is_list else "@keys"), None if held is None else held.key, None)
        value = _Local((*path, "@items" if is_list else "@values"), None if held is None else held.value, None)
        found = {expr.variable: value if is_list else key}
        if expr.second:
            found = {expr.variable: key, expr.second: value}
        for name, local in found.items():
            self.locals.setdefault(name, []).append(local)
        return list(found)

    def _bind(self, expr: Comprehension) -> Range:
        total = self.cost(expr.range) + self.cost(expr.init)
        local = _Local(self._path(expr.init), self._size(expr.init), self._entries(expr.init))
        self.locals.setdefault(expr.accumulator, []).append(local)
        total += self.cost(expr.result)
        self.locals[expr.accumulator].pop()
        self._copy(expr, expr.result)
        return total

    # -- sizes -------------------------------------------------------------------------------------------------------

    def _path(self, expr: Expr) -> Path:
        if isinstance(expr, Ident):
            local = self._local(expr.name)
            if local is not None:
                return local.path
        return self.paths.get(id(expr), ())

    def _node(self, expr: Expr) -> Node:
        path = self._path(expr)
        known = () if path[:1] == (ACCUMULATOR,) else path
        return Node(expr, self.checked.type_of(expr), known, self._size(expr))

    def _size(self, expr: Expr) -> Range | None:
        if id(expr) in self.sizes:
            return self.sizes[id(expr)]
        size = _literal_size(expr)
        if size is not None:
            return size
        size = self._size_at(self._path(expr))
        if size is not None:
            self.sizes[id(expr)] = size
            return size
        if _is_scalar(self.checked.type_of(expr)):
            return ONE
        if isinstance(expr, Ident):
            local = self._local(expr.name)
            return local.size if local is not None else None
        return None

    def _size_or_unknown(self, expr: Expr) -> Range:
        return self._size(expr) or UNKNOWN

    def _size_at(self, path: Path) -> Range | None:
        """How large the declared data at ``path`` can be (``sizeEstimator``). The first step is the variable."""
        if not path:
            return None
        current: DeclType | None = self.root
        for step in path[1:]:
            assert current is not None
            if step in ("@items", "@values"):
                current = current.element
            elif step == "@keys":
                current = current.key
            else:
                current = current.fields.get(step)
            if current is None:
                return None
        assert current is not None
        return Range(0, current.max_elements if current.max_elements >= 0 else UNLIMITED)

    def _entries(self, expr: Expr) -> Entries | None:
        found = self.entries.get(id(expr))
        if found is None and isinstance(expr, Ident):
            local = self._local(expr.name)
            return local.entries if local is not None else None
        return found

    def _copy(self, to: Expr, source: Expr) -> None:
        size, held = self._size(source), self._entries(source)
        if size is not None:
            self.sizes[id(to)] = size
        if held is not None:
            self.entries[id(to)] = held


def _literal_size(expr: Expr) -> Range | None:
    if isinstance(expr, Literal):
        return fixed(len(expr.value)) if isinstance(expr.value, (str, bytes)) else ONE
    if isinstance(expr, ListExpr):
        return fixed(len(expr.elements))
    return fixed(len(expr.entries)) if isinstance(expr, MapExpr) else None


def _is_scalar(type_: Type) -> bool:
    inner, is_optional = types.unwrap_optional(type_)
    return type_.kind in _SCALARS or (is_optional and _is_scalar(inner))


def _is_bind(expr: Comprehension) -> bool:
    return (
        isinstance(expr.range, ListExpr)
        and not expr.range.elements
        and isinstance(expr.condition, Literal)
        and expr.condition.value is False
        and expr.accumulator != ACCUMULATOR
    )
