"""What an expression is worth where its variables are known: plain values, or conditions over the model's state.

One evaluator does both: the operators of ``kverify.model.expr`` compute with plain numbers and build trees with
symbolic ones. Expressions have been checked before, so types are not looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from attrs import evolve, field, frozen

from kverify.api.languages.durations import SECOND, parse_duration
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity as QuantityValue
from kverify.api.quantity import parse_quantity
from kverify.model import expr as model
from kverify.model.expr import Condition, Expr, Number
from kverify.spec.language import manifest, syntax
from kverify.spec.language.functions import Stage, functions
from kverify.spec.language.types import SHORT, fields_of
from kverify.spec.language.values import Facts, Item, NotModelled, StateFunctions, plain, quantity


@frozen(eq=False, kw_only=True)
class Environment:
    """What the names of an expression mean. ``nodes`` has, for a variable, the node its pod may be bound to."""

    facts: Facts
    variables: Mapping[str, Any] = field(factory=dict)
    definitions: Mapping[str, syntax.Define] = field(factory=dict)
    nodes: Mapping[str, Item] = field(factory=dict)
    state: StateFunctions | None = None

    def bind(self, name: str, value: Any) -> Environment:
        """The same with one variable more."""
        return evolve(self, variables={**self.variables, name: value})


def condition(expr: syntax.Expr, env: Environment) -> Condition:
    """The worth of a condition: true, false, or a condition over the state. Raises ``NotModelled``."""
    value = plain(value_of(expr, env))
    return False if value is None else cast(Condition, value)


def value_of(expr: syntax.Expr, env: Environment) -> Any:
    """The worth of any expression; an ``Item`` where it was read from an object."""
    match expr:
        case syntax.Integer(value=value) | syntax.Truth(value=value) | syntax.Text(value=value):
            return value
        case syntax.Percent(value=value):
            return f"{value}%"
        case syntax.Duration(text=text):
            return seconds(text)
        case syntax.Quantity(text=text):
            return parse_quantity(text)
        case syntax.ListOf(items=items):
            return tuple(value_of(item, env) for item in items)
        case syntax.Name(name=name):
            return _named(name, env)
        case syntax.Select():
            return _select(value_of(expr.operand, env), expr.name)
        case syntax.Index():
            return _index(value_of(expr.operand, env), plain(value_of(expr.index, env)))
        case syntax.Call():
            return _call(expr, env)
        case syntax.Unary(operator="not", operand=operand):
            return model.negate(condition(operand, env))
        case syntax.Unary(operand=operand):
            number = plain(value_of(operand, env))
            return None if number is None else -number
        case syntax.Junction(operator="and", parts=parts):
            return _all(condition(part, env) for part in parts)
        case syntax.Junction(parts=parts):
            return model.negate(_all(model.negate(condition(part, env)) for part in parts))
        case syntax.Binary():
            return _binary(expr, env)
        case syntax.Conditional():
            return _conditional(expr, env)
        case syntax.Binder():
            return _binder(expr, env)


def seconds(text: str) -> int:
    """The seconds of a duration literal; parts of a second are rounded up."""
    total = 0
    number = ""
    unit = ""
    for character in f"{text} ":
        if character.isdigit() and unit:
            total += _part(number, unit)
            number, unit = character, ""
        elif character.isdigit():
            number += character
        elif character != " ":
            unit += character
    total += _part(number, unit)
    return -(-total // SECOND)


def _part(number: str, unit: str) -> int:
    if unit == "d":
        return parse_duration(f"{int(number) * 24}h")
    return parse_duration(f"{number}{'m' if unit == 'min' else unit}")


def _all(conditions: Iterable[Condition]) -> Condition:
    """All of them; the later ones are not looked at once one is false, so that guards guard."""
    found: list[Condition] = []
    for one in conditions:
        if one is False:
            return False
        found.append(one)
    return model.all_of(found)


def _named(name: str, env: Environment) -> Any:
    if name in env.variables:
        return env.variables[name]
    return env.facts.objects(name)


def _select(operand: Any, name: str) -> Any:
    if operand is None or plain(operand) is None:
        return None
    item = cast(Item, operand)
    value = item.value
    cls: type = type(value)
    own = fields_of(cls).get(name)
    if own is None and name in SHORT and isinstance(value, KubeObject):
        return _select(_select(item, "metadata"), name)
    if own is None:
        return None
    return Item(getattr(value, own.attribute), item.root, (*item.path, name))


def _index(operand: Any, index: Any) -> Any:
    container = plain(operand)
    if container is None or index is None:
        return None
    if isinstance(container, Mapping):
        found = container.get(index)
    else:
        found = container[index] if 0 <= index < len(container) else None
    if isinstance(operand, Item) and found is not None and not isinstance(found, Item):
        return Item(found, operand.root, (*operand.path, index))
    return found


def _call(expr: syntax.Call, env: Environment) -> Any:
    definition = env.definitions.get(expr.function)
    if definition is not None:
        values = [value_of(argument, env) for argument in expr.arguments]
        names = [argument.name for argument in definition.arguments]
        return value_of(
            definition.body, evolve(env, variables={**env.variables, **dict(zip(names, values, strict=True))})
        )
    signature = functions()[expr.function]
    if expr.function == "node":
        (argument,) = expr.arguments
        assert isinstance(argument, syntax.Name)
        return env.nodes.get(argument.name)
    arguments = tuple(value_of(argument, env) for argument in expr.arguments)
    if signature.stage >= Stage.STATE:
        if signature.unmodelled:
            raise NotModelled(signature.unmodelled, expr.span)
        if env.state is None:
            raise NotModelled(f"{expr.function} asks the state of the cluster, and there is none here", expr.span)
        return env.state.call(expr.function, arguments, expr.span)
    if env.state is not None and expr.function in ("max_surge", "max_unavailable"):
        known = env.state.fencepost(expr.function, arguments[0])
        if known is not None:
            return known
    return manifest.call(expr.function, arguments)


def _conditional(expr: syntax.Conditional, env: Environment) -> Any:
    asked = condition(expr.condition, env)
    if isinstance(asked, bool):
        return value_of(expr.then if asked else expr.otherwise, env)
    then, otherwise = plain(value_of(expr.then, env)), plain(value_of(expr.otherwise, env))
    if _is_condition(then) and _is_condition(otherwise):
        return model.any_of([model.all_of([asked, then]), model.all_of([model.negate(asked), otherwise])])
    if not (isinstance(then, int | Expr) and isinstance(otherwise, int | Expr)):
        raise NotModelled("an if over the state can only choose between numbers or conditions", expr.span)
    return model.ite(asked, then, otherwise)


def _is_condition(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, Expr) and value.boolean)


def _binary(expr: syntax.Binary, env: Environment) -> Any:
    sign = expr.operator
    if sign == "implies":
        premise = condition(expr.left, env)
        return True if premise is False else model.implies(premise, condition(expr.right, env))
    left, right = plain(value_of(expr.left, env)), plain(value_of(expr.right, env))
    if sign == "in":
        return _contains(left, right)
    if sign in ("==", "!="):
        same = _equal(left, right)
        return same if sign == "==" else model.negate(same)
    if left is None or right is None:
        return False if sign in ("<", "<=", ">", ">=") else None
    if isinstance(left, QuantityValue) or isinstance(right, QuantityValue):
        return _quantities(sign, left, right)
    if isinstance(left, str) and sign in ("<", "<=", ">", ">="):
        left, right = int(left.rstrip("%")), int(right.rstrip("%"))
    return _numbers(expr, left, right)


def _contains(item: Any, container: Any) -> Condition:
    if container is None or item is None:
        return False
    if isinstance(container, Mapping):
        return item in container
    return model.any_of(_equal(item, plain(other)) for other in container)


def _equal(left: Any, right: Any) -> Condition:
    if left is None or right is None:
        return False
    if isinstance(left, QuantityValue) or isinstance(right, QuantityValue):
        return quantity(left) == quantity(right)
    if isinstance(left, Expr) or isinstance(right, Expr):
        if _is_condition(left):
            return model.all_of([model.implies(left, right), model.implies(right, left)])
        return cast(Condition, left == right)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and model.all_of(
            _equal(plain(a), plain(b)) for a, b in zip(left, right, strict=True)
        )
    return bool(left == right)


def _quantities(sign: str, left: Any, right: Any) -> Any:
    if sign == "*":
        amount, number = (left, right) if isinstance(left, QuantityValue) else (right, left)
        return QuantityValue(amount.nano * number, amount.text)
    one, other = quantity(left), quantity(right)
    assert one is not None
    assert other is not None
    match sign:
        case "<":
            return one < other
        case "<=":
            return one <= other
        case ">":
            return one > other
        case ">=":
            return one >= other
        case "+":
            return QuantityValue(one.nano + other.nano, one.text)
    return QuantityValue(one.nano - other.nano, one.text)


def _numbers(expr: syntax.Binary, left: Number, right: Number) -> Any:
    match expr.operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    if isinstance(right, Expr):
        raise NotModelled("the model divides by plain numbers only", expr.right.span)
    if right <= 0:
        raise NotModelled(f"a division by {right} has no meaning here", expr.right.span)
    return left // right if expr.operator == "/" else left % right


def items_of(domain: Any) -> Iterator[Any]:
    """What a binder goes over: items of a list, keys of a map, objects of a kind."""
    container = plain(domain)
    if container is None:
        return
    if isinstance(domain, Item) and not isinstance(container, Mapping):
        for index, value in enumerate(container):
            yield Item(value, domain.root, (*domain.path, index))
        return
    yield from container


def _binder(expr: syntax.Binder, env: Environment) -> Any:
    chosen: list[tuple[Condition, Environment]] = []
    for item in items_of(value_of(expr.domain, env)):
        inner = env.bind(expr.variable, item)
        where = True if expr.where is None else condition(expr.where, inner)
        if where is not False:
            chosen.append((where, inner))
    match expr.kind:
        case "count":
            return model.total(_one(where) for where, _ in chosen)
        case "forall":
            assert expr.body is not None
            return _all(model.implies(where, condition(expr.body, inner)) for where, inner in chosen)
        case "exists":
            assert expr.body is not None
            bodies = (model.all_of([where, condition(expr.body, inner)]) for where, inner in chosen)
            return model.negate(_all(model.negate(body) for body in bodies))
    return _sum(expr, chosen)


def _one(where: Condition) -> Number:
    return int(where) if isinstance(where, bool) else model.ite(where, 1, 0)


def _sum(expr: syntax.Binder, chosen: list[tuple[Condition, Environment]]) -> Any:
    """Absent values count nothing."""
    assert expr.body is not None
    parts = [(where, plain(value_of(expr.body, inner))) for where, inner in chosen]
    parts = [(where, value) for where, value in parts if value is not None]
    if any(isinstance(value, QuantityValue) for _, value in parts):
        if not all(isinstance(where, bool) for where, _ in parts):
            raise NotModelled("quantities cannot be summed over what changes during a run", expr.span)
        amounts = [quantity(value) for _, value in parts]
        return QuantityValue(sum(amount.nano for amount in amounts if amount is not None), "")
    return model.total(value if where is True else model.ite(where, value, 0) for where, value in parts)
