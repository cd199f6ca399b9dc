"""Evaluation: every checked expression has a value or an error, after a bounded number of steps.

Sources: cel-spec (evaluation, logical operators), cel-go ``interpreter``. ``&&``, ``||`` and ``?:`` do not need what
does not decide: ``false && error`` is ``false``, on either side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import define, field

from kverify.api.cel import ast
from kverify.api.cel.ast import Call, Comprehension, Entry, Expr, Ident, ListExpr, Literal, MapExpr, Message, Select
from kverify.api.cel.checker import Checked
from kverify.api.cel.functions import implementations
from kverify.api.cel.functions.operators import optional_index
from kverify.api.cel.values import (
    NONE,
    CelError,
    MapValue,
    ObjectValue,
    Optional,
    TypeValue,
    UInt,
    Value,
    name_of_type,
    no_such_overload,
)

MAX_STEPS = 1_000_000
"""``PerCallLimit``. The API server counts costs, here every evaluated part of an expression is one step."""


def evaluate(checked: Checked, variables: Mapping[str, Value], max_steps: int = MAX_STEPS) -> Value:
    """The value of an expression without complaints, or a :class:`CelError`. Never raises.

    ``variables`` have values of :mod:`kverify.api.cel.values` (``adapt`` makes them of plain JSON).
    """
    if checked.complaints:
        return CelError(f"the expression is wrong: {checked.complaints[0].message}")
    return _Evaluator(checked, dict(variables), max_steps).run(checked.expr)


@define
class _Evaluator:
    checked: Checked
    scope: dict[str, Value]
    steps: int
    functions: dict[str, Callable[..., Value]] = field(factory=implementations)

    def run(self, expr: Expr) -> Value:
        self.steps -= 1
        if self.steps < 0:
            return CelError("operation cancelled: actual cost limit exceeded")
        match expr:
            case Literal():
                return UInt(expr.value) if expr.kind == "uint" else expr.value  # type: ignore[arg-type]
            case Ident():
                return self._name(expr, expr.name)
            case Call():
                return self._call(expr)
            case Select():
                return self._select(expr)
            case ListExpr():
                return self._list(expr)
            case MapExpr():
                return self._map(expr)
            case Comprehension():
                return self._fold(expr)
        return self._message(expr)

    def _name(self, expr: Expr, name: str) -> Value:
        if name in self.scope:
            return self.scope[name]
        type_ = self.checked.type_of(expr)
        if type_.kind == "type" and type_.params:
            return TypeValue(name_of_type(type_.params[0]))
        if name == "type":
            return TypeValue("type")
        return CelError(f"no such attribute(s): {name}")

    def _select(self, expr: Select) -> Value:
        name = self.checked.names.get(id(expr))
        if name is not None:
            return self._name(expr, name)
        operand = self.run(expr.operand)
        if isinstance(operand, CelError):
            return operand
        if not expr.test:
            return _field(operand, expr.field)
        if isinstance(operand, Optional):
            operand = operand.value if operand.present else MapValue()
        if isinstance(operand, MapValue):
            return operand.find(expr.field).present
        return expr.field in operand.fields if isinstance(operand, ObjectValue) else no_such_overload()

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, expr: Call) -> Value:
        match expr.function:
            case ast.AND:
                return self._logic(expr, False)
            case ast.OR:
                return self._logic(expr, True)
            case ast.CONDITIONAL:
                return self._conditional(expr)
            case ast.NOT_STRICTLY_FALSE:
                return self.run(expr.args[0]) is not False
            case ast.OPTIONAL_SELECT:
                return self._optional_select(expr)
            case "or" | "orValue" if expr.target is not None:
                return self._or(expr, expr.target)
        name = self.checked.functions.get(id(expr))
        values: list[Value] = []
        parts = expr.args if expr.target is None or name is not None else (expr.target, *expr.args)
        for part in parts:
            value = self.run(part)
            if isinstance(value, CelError):
                return value
            values.append(value)
        return self._apply(name or expr.function, values)

    def _apply(self, name: str, values: list[Value]) -> Value:
        function = self.functions.get(name)
        if function is None:
            return no_such_overload()
        for value in values:
            if isinstance(value, (str, bytes, tuple)):
                # What goes over a text or list costs by its length.
                self.steps -= len(value) // 10
        try:
            return function(*values)
        except TypeError:
            # A dynamic value let a wrong number of arguments through the types.
            return no_such_overload()

    def _logic(self, expr: Call, decides: bool) -> Value:
        left = self.run(expr.args[0])
        if left is decides:
            return decides
        right = self.run(expr.args[1])
        if right is decides:
            return decides
        for value in (left, right):
            if isinstance(value, CelError):
                return value
        return not decides if left is right is (not decides) else no_such_overload()

    def _conditional(self, expr: Call) -> Value:
        condition = self.run(expr.args[0])
        if isinstance(condition, CelError):
            return condition
        if not isinstance(condition, bool):
            return no_such_overload()
        return self.run(expr.args[1] if condition else expr.args[2])

    def _optional_select(self, expr: Call) -> Value:
        operand = self.run(expr.args[0])
        name = expr.args[1]
        if isinstance(operand, CelError) or not isinstance(name, Literal):
            return operand
        return optional_index(operand, name.value)

    def _or(self, expr: Call, target: Expr) -> Value:
        value = self.run(target)
        if isinstance(value, CelError):
            return value
        if not isinstance(value, Optional):
            return no_such_overload()
        if not value.present:
            return self.run(expr.args[0])
        return value.value if expr.function == "orValue" else value

    # -- literals ----------------------------------------------------------------------------------------------------

    def _list(self, expr: ListExpr) -> Value:
        items: list[Value] = []
        for index, element in enumerate(expr.elements):
            value = self.run(element)
            if index in expr.optional:
                value = _present(value)
                if value is NONE:
                    continue
            if isinstance(value, CelError):
                return value
            items.append(value)
        return tuple(items)

    def _map(self, expr: MapExpr) -> Value:
        result = MapValue()
        for entry in expr.entries:
            key = self.run(entry.key)
            if isinstance(key, CelError):
                return key
            value = self._entry(entry)
            if value is NONE:
                continue
            if isinstance(value, CelError):
                return value
            added = result.with_entry(key, value)
            if isinstance(added, CelError):
                return CelError(f"Failed with repeated key: {key}") if "already" in added.message else added
            result = added
        return result

    def _entry(self, entry: Entry) -> Value:
        """The value of an entry; :data:`NONE` when it is optional and not there."""
        value = self.run(entry.value)
        if entry.optional:
            return _present(value)
        # An optional value that is not marked is a value like any other; it must not be taken for "not there".
        return Optional(False) if value is NONE else value

    def _message(self, expr: Message) -> Value:
        fields: dict[str, Value] = {}
        for entry in expr.entries:
            value = self._entry(entry)
            if isinstance(value, CelError):
                return value
            if value is not NONE and isinstance(entry.key, Literal):
                fields[str(entry.key.value)] = value
        return ObjectValue(expr.type_name, fields)

    # -- folds -------------------------------------------------------------------------------------------------------

    def _fold(self, expr: Comprehension) -> Value:
        over = self.run(expr.range)
        if isinstance(over, CelError):
            return over
        pairs = _pairs(over, bool(expr.second))
        if pairs is None:
            return no_such_overload()
        outer = self.scope
        self.scope = {**outer, expr.accumulator: self.run(expr.init)}
        for first, second in pairs:
            if self.steps < 0:
                break
            self.scope[expr.variable] = first
            if expr.second:
                self.scope[expr.second] = second
            if self.run(expr.condition) is False:
                break
            self.scope[expr.accumulator] = self.run(expr.step)
        for name in (expr.variable, expr.second):
            self.scope.pop(name, None)
            if name in outer and name != expr.accumulator:
                self.scope[name] = outer[name]
        result = self.run(expr.result)
        self.scope = outer
        return result


def _present(value: Value) -> Value:
    """What a value marked with ``?`` holds, :data:`NONE` when it holds nothing."""
    if isinstance(value, CelError):
        return value
    if not isinstance(value, Optional):
        return no_such_overload()
    return value.value if value.present else NONE


def _pairs(over: Value, two: bool) -> list[tuple[Value, Value]] | None:
    if isinstance(over, tuple):
        return list(enumerate(over)) if two else [(item, None) for item in over]
    if isinstance(over, MapValue):
        return list(over.items())
    return None


def _field(operand: Value, name: str) -> Value:
    if isinstance(operand, Optional):
        return optional_index(operand, name)
    if isinstance(operand, MapValue):
        found = operand.find(name)
        return found.value if found.present else CelError(f"no such key: {name}")
    if isinstance(operand, ObjectValue):
        return operand.fields[name] if name in operand.fields else CelError(f"no such key: {name}")
    return no_such_overload()
