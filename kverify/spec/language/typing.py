"""The type and the stage of an expression; everything that does not go together is reported where it stands."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, evolve, field, frozen

from kverify.api.quantity import QuantityError, parse_quantity
from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.span import Span
from kverify.spec.language import syntax
from kverify.spec.language.functions import AnyOf, OneOf, Stage, functions
from kverify.spec.language.problems import TYPE, UNKNOWN_NAME, meant, problem
from kverify.spec.language.syntax import Expr
from kverify.spec.language.types import (
    AMOUNT,
    ANY,
    CONDITION,
    DURATION,
    GROUPS,
    NUMBER,
    PERCENT,
    TEXT,
    GroupType,
    ListType,
    MapType,
    ObjectType,
    QuantityType,
    Type,
    comparable,
    field_names,
    field_type,
    kinds,
    ordered,
    resource_type,
    type_named,
)


@frozen
class Typed:
    """What is known of an expression before it is evaluated."""

    type: Type
    stage: Stage = Stage.CONSTANT


UNKNOWN = Typed(ANY)


@frozen
class Scope:
    """The names that an expression can use. ``quantified`` are the variables of ``for`` clauses."""

    variables: Mapping[str, Typed] = field(factory=dict)
    definitions: Mapping[str, tuple[syntax.Define, Typed]] = field(factory=dict)
    quantified: frozenset[str] = frozenset()

    def extended(self, name: str, typed: Typed, *, quantified: bool = False) -> Scope:
        """The scope with one variable more."""
        names = self.quantified | {name} if quantified else self.quantified - {name}
        return evolve(self, variables={**self.variables, name: typed}, quantified=names)


@define
class Typing:
    """Types expressions and collects what is wrong with them."""

    problems: list[Diagnostic] = field(factory=list)
    lenient: bool = False
    """A clause could not be read, and may be the one that brings a name in."""

    def wrong(self, id: str, message: str, span: Span, mend: str = "") -> Typed:
        self.problems.append(problem(id, message, span, mend))
        return UNKNOWN

    def condition(self, expr: Expr, scope: Scope, what: str) -> Typed:
        """The type of an expression that has to be a condition."""
        found = self.of(expr, scope)
        if found.type not in (CONDITION, ANY):
            mend = "compare it with something" if found.type in (NUMBER, TEXT, AMOUNT) else ""
            if isinstance(found.type, (ListType, MapType, ObjectType, QuantityType)):
                mend = "write has(...) to ask whether it is there"
            self.wrong(TYPE, f"{what} is a condition, and this is {found.type}", expr.span, mend)
        return found

    def of(self, expr: Expr, scope: Scope) -> Typed:
        """The type and stage of ``expr``."""
        match expr:
            case syntax.Integer():
                return Typed(NUMBER)
            case syntax.Truth():
                return Typed(CONDITION)
            case syntax.Text():
                return Typed(TEXT)
            case syntax.Percent():
                return Typed(PERCENT)
            case syntax.Duration():
                return Typed(DURATION)
            case syntax.Quantity():
                return self._quantity(expr)
            case syntax.Name():
                return self._name(expr, scope)
            case syntax.Select():
                return self._select(expr, scope)
            case syntax.Index():
                return self._index(expr, scope)
            case syntax.Call():
                return self._call(expr, scope)
            case syntax.Unary():
                return self._unary(expr, scope)
            case syntax.Binary():
                return self._binary(expr, scope)
            case syntax.Junction():
                stages = [self.condition(part, scope, f"a part of {expr.operator}").stage for part in expr.parts]
                return Typed(CONDITION, max(stages))
            case syntax.Conditional():
                return self._conditional(expr, scope)
            case syntax.ListOf():
                return self._list(expr, scope)
            case syntax.Binder():
                return self._binder(expr, scope)

    # -- names and parts -----------------------------------------------------------------------------------------

    def _quantity(self, expr: syntax.Quantity) -> Typed:
        try:
            parse_quantity(expr.text)
        except QuantityError as error:
            return self.wrong(TYPE, str(error), expr.span, error.mend)
        return Typed(QuantityType())

    def _name(self, expr: syntax.Name, scope: Scope) -> Typed:
        if expr.name in scope.variables:
            return scope.variables[expr.name]
        kind = kinds().get(expr.name) or GROUPS.get(expr.name)
        if kind is not None:
            return Typed(ListType(kind), Stage.MANIFEST)
        if expr.name in functions() or expr.name in scope.definitions:
            return self.wrong(TYPE, f"{expr.name} is a function", expr.span, f"write {expr.name}(...)")
        if expr.name in ("absent", "null", "nil", "None"):
            return self.wrong(UNKNOWN_NAME, "there is no word for absence", expr.span, "ask has(...) or not has(...)")
        if self.lenient:
            return UNKNOWN
        having = [name for name in scope.variables if field_type(scope.variables[name].type, expr.name) is not None]
        known = (*scope.variables, *kinds(), *GROUPS)
        mend = f"did you mean {having[0]}.{expr.name}?" if having else meant(expr.name, known)
        return self.wrong(UNKNOWN_NAME, f"nothing is called {expr.name}", expr.span, mend)

    def _select(self, expr: syntax.Select, scope: Scope) -> Typed:
        operand = self.of(expr.operand, scope)
        if operand.type is ANY:
            return operand
        found = field_type(operand.type, expr.name)
        if found is not None:
            return Typed(found.type, operand.stage)
        if isinstance(operand.type, ListType):
            mend = f"write forall x in ...: x.{expr.name}, or exists, or an index as in [0]"
            return self.wrong(TYPE, f"a list has no field {expr.name}; its items may", expr.name_span, mend)
        if isinstance(operand.type, MapType):
            return self.wrong(TYPE, "the values of a map are found by key", expr.name_span, f'write ["{expr.name}"]')
        names = field_names(operand.type)
        if not names:
            return self.wrong(TYPE, f"{operand.type} has no fields", expr.name_span)
        title = operand.type.title if isinstance(operand.type, ObjectType | GroupType) else str(operand.type)
        message = f"{title} has no field {expr.name}"
        if isinstance(operand.type, GroupType):
            message += " that all its kinds share"
        return self.wrong(UNKNOWN_NAME, message, expr.name_span, meant(expr.name, names, _some(names)))

    def _index(self, expr: syntax.Index, scope: Scope) -> Typed:
        operand, index = self.of(expr.operand, scope), self.of(expr.index, scope)
        stage = max(operand.stage, index.stage)
        match operand.type:
            case ListType(item=item):
                if index.type not in (NUMBER, ANY):
                    return self.wrong(
                        TYPE, f"the items of a list are numbered, and this is {index.type}", expr.index.span
                    )
                return Typed(item, stage)
            case MapType(value=value, resources=resources):
                if index.type not in (TEXT, ANY):
                    message = f"the keys of a map are texts, and this is {index.type}"
                    return self.wrong(TYPE, message, expr.index.span, 'write it in quotes: ["key"]')
                if resources:
                    return Typed(
                        resource_type(expr.index.value if isinstance(expr.index, syntax.Text) else None), stage
                    )
                return Typed(value, stage)
        if operand.type is ANY:
            return Typed(ANY, stage)
        return self.wrong(TYPE, f"{operand.type} has no items", expr.index.span)

    # -- functions -----------------------------------------------------------------------------------------------

    def _call(self, expr: syntax.Call, scope: Scope) -> Typed:
        arguments = [self.of(argument, scope) for argument in expr.arguments]
        stage = max([Stage.CONSTANT, *(a.stage for a in arguments)])
        if expr.function in scope.definitions:
            return self._defined(expr, scope, arguments, stage)
        signature = functions().get(expr.function)
        if signature is None:
            known = (*functions(), *scope.definitions)
            mend = _CALLED.get(expr.function) or meant(expr.function, known, "kverify spec list --functions names them")
            return self.wrong(UNKNOWN_NAME, f"there is no function {expr.function}", expr.name_span, mend)
        if len(arguments) < len(signature.parameters) or (
            len(arguments) > len(signature.parameters) and signature.rest is None
        ):
            message = f"{signature.name} takes {signature.arity}, not {len(arguments)}"
            return self.wrong(TYPE, message, expr.span)
        wanted = (*signature.parameters, *[signature.rest] * (len(arguments) - len(signature.parameters)))
        for argument, typed, parameter in zip(expr.arguments, arguments, wanted, strict=True):
            assert parameter is not None
            if not _accepts(parameter, typed.type):
                self.wrong(TYPE, f"{signature.name} takes {parameter} here, and this is {typed.type}", argument.span)
        if signature.name == "has" and not isinstance(expr.arguments[0], syntax.Select | syntax.Index | syntax.Name):
            self.wrong(TYPE, "has asks for a field", expr.arguments[0].span, "as in has(d.spec.paused)")
        if signature.name == "node":
            self._bound(expr, scope)
        return Typed(signature.result, max(stage, signature.stage))

    def _bound(self, expr: syntax.Call, scope: Scope) -> None:
        (argument,) = expr.arguments
        if not isinstance(argument, syntax.Name) or argument.name not in scope.quantified:
            self.wrong(TYPE, "node takes a variable of a for clause", argument.span, "as in for p in Pod ... node(p)")

    def _defined(self, expr: syntax.Call, scope: Scope, arguments: list[Typed], stage: Stage) -> Typed:
        definition, result = scope.definitions[expr.function]
        if len(arguments) != len(definition.arguments):
            number = len(definition.arguments)
            message = f"{expr.function} takes {number} argument{'s' * (number != 1)}, not {len(arguments)}"
            return self.wrong(TYPE, message, expr.span, f"it is defined at {definition.span}")
        for given, typed, argument in zip(expr.arguments, arguments, definition.arguments, strict=True):
            wanted = type_named(argument.type)
            if wanted is not None and not comparable(typed.type, wanted):
                message = f"{argument.name} of {expr.function} is {wanted}, and this is {typed.type}"
                self.wrong(TYPE, message, given.span)
        return Typed(result.type, max(stage, result.stage))

    # -- operators -----------------------------------------------------------------------------------------------

    def _unary(self, expr: syntax.Unary, scope: Scope) -> Typed:
        if expr.operator == "not":
            return Typed(CONDITION, self.condition(expr.operand, scope, "the operand of not").stage)
        operand = self.of(expr.operand, scope)
        if operand.type not in (NUMBER, ANY):
            return self.wrong(TYPE, f"- takes a number, and this is {operand.type}", expr.operand.span)
        return operand

    def _binary(self, expr: syntax.Binary, scope: Scope) -> Typed:
        if expr.operator == "implies":
            parts = [self.condition(part, scope, "a side of implies") for part in (expr.left, expr.right)]
            return Typed(CONDITION, max(part.stage for part in parts))
        left, right = self.of(expr.left, scope), self.of(expr.right, scope)
        stage = max(left.stage, right.stage)
        if expr.operator == "in":
            return self._membership(expr, left.type, right.type, stage)
        if expr.operator in ("==", "!=", "<", "<=", ">", ">="):
            self._comparison(expr, left.type, right.type)
            return Typed(CONDITION, stage)
        return Typed(self._arithmetic(expr, left.type, right.type), stage)

    def _membership(self, expr: syntax.Binary, item: Type, container: Type, stage: Stage) -> Typed:
        inner = container.item if isinstance(container, ListType) else TEXT if isinstance(container, MapType) else None
        if container is not ANY and inner is None:
            mend = "write contains(...)" if container is TEXT else ""
            return self.wrong(
                TYPE, f"in asks a list or the keys of a map, and this is {container}", expr.right.span, mend
            )
        if inner is not None and not comparable(item, inner):
            self.wrong(TYPE, f"{item} is never in a list of {inner}", expr.span)
        return Typed(CONDITION, stage)

    def _comparison(self, expr: syntax.Binary, left: Type, right: Type) -> None:
        if ANY in (left, right):
            return
        goes = comparable if expr.operator in ("==", "!=") else ordered
        if not goes(left, right):
            message = f"{left} cannot be compared with {right}"
            if comparable(left, right):
                message = f"{left} has no order with {right}" if left != right else f"{left} has no order"
            self.wrong(TYPE, message, expr.span, _mend(expr, left, right))
            return
        for literal, other in ((expr.left, right), (expr.right, left)):
            if isinstance(literal, syntax.Quantity) and isinstance(other, QuantityType):
                self._unit(literal, other)

    def _unit(self, literal: syntax.Quantity, other: QuantityType) -> None:
        if other.of == "memory" and literal.text.endswith("m"):
            mend = f"{literal.text[:-1]}Mi or {literal.text[:-1]}M was probably meant"
            self.wrong(TYPE, f"{literal.text} of memory is a part of a byte", literal.span, mend)
        elif other.of == "cpu" and literal.text.endswith("i"):
            self.wrong(
                TYPE, f"{literal.text} is an amount of bytes, not of CPU", literal.span, "write it as in 500m or 2"
            )

    def _arithmetic(self, expr: syntax.Binary, left: Type, right: Type) -> Type:
        sign = expr.operator
        if sign == "+" and left is TEXT and right is TEXT:
            return TEXT
        plain = {NUMBER, ANY}
        if left in plain and right in plain:
            return NUMBER
        if sign in ("+", "-"):
            if left is DURATION and right is DURATION:
                return DURATION
            if isinstance(left, QuantityType) and isinstance(right, QuantityType) and comparable(left, right):
                return left if left.of else right
        if sign == "*":
            for one, other in ((left, right), (right, left)):
                if other in plain and (one is DURATION or isinstance(one, QuantityType)):
                    return one
        if AMOUNT in (left, right) or PERCENT in (left, right):
            mend = "make it a number first: scaled_up(..., d.spec.replicas), max_surge(d), max_unavailable(d)"
        else:
            mend = ""
        self.wrong(TYPE, f"{left} {sign} {right} has no meaning", expr.span, mend)
        return ANY

    # -- collections ---------------------------------------------------------------------------------------------

    def _conditional(self, expr: syntax.Conditional, scope: Scope) -> Typed:
        condition = self.condition(expr.condition, scope, "what stands behind if")
        then, otherwise = self.of(expr.then, scope), self.of(expr.otherwise, scope)
        if not comparable(then.type, otherwise.type):
            message = f"both values of an if have one type, and these are {then.type} and {otherwise.type}"
            self.wrong(TYPE, message, expr.span)
        return Typed(then.type, max(condition.stage, then.stage, otherwise.stage))

    def _list(self, expr: syntax.ListOf, scope: Scope) -> Typed:
        items = [self.of(item, scope) for item in expr.items]
        for item, typed in zip(expr.items[1:], items[1:], strict=False):
            if not comparable(items[0].type, typed.type):
                message = f"the items of a list have one type: the first is {items[0].type}, this is {typed.type}"
                self.wrong(TYPE, message, item.span)
        stage = max([Stage.CONSTANT, *(item.stage for item in items)])
        return Typed(ListType(items[0].type if items else ANY), stage)

    def _binder(self, expr: syntax.Binder, scope: Scope) -> Typed:
        domain = self.of(expr.domain, scope)
        if isinstance(domain.type, ListType):
            item = domain.type.item
        elif isinstance(domain.type, MapType):
            item = TEXT
        else:
            item = ANY
            if domain.type is not ANY:
                message = f"{expr.kind} goes over a list, the keys of a map, or a kind, and this is {domain.type}"
                self.wrong(TYPE, message, expr.domain.span)
        if domain.stage >= Stage.STATE:
            self.wrong(TYPE, "what a binder goes over cannot change during a run", expr.domain.span)
        inner = scope.extended(expr.variable, Typed(item, domain.stage))
        stage = domain.stage
        if expr.where is not None:
            where = self.condition(expr.where, inner, "what stands behind where")
            stage = max(stage, where.stage)
        if expr.body is None:
            return Typed(NUMBER, stage)
        if expr.kind == "sum":
            body = self.of(expr.body, inner)
            if body.type not in (NUMBER, DURATION, ANY) and not isinstance(body.type, QuantityType):
                self.wrong(TYPE, f"sum adds numbers or quantities, and this is {body.type}", expr.body.span)
            return Typed(body.type, max(stage, body.stage))
        body = self.condition(expr.body, inner, f"what {expr.kind} asks")
        return Typed(CONDITION, max(stage, body.stage))


_CALLED = {"len": "did you mean size?", "length": "did you mean size?", "matches_regex": "did you mean like?"}
"""Functions by the names they have elsewhere."""


def _accepts(wanted: OneOf | AnyOf, type: Type) -> bool:
    if type is ANY:
        return True
    if isinstance(wanted, OneOf):
        if isinstance(type, GroupType):
            return set(type.kinds) <= set(wanted.kinds)
        return isinstance(type, ObjectType) and type.title in wanted.kinds
    if wanted.sized:
        return isinstance(type, ListType | MapType) or type is TEXT
    if wanted.selector:
        return isinstance(type, MapType) or (isinstance(type, ObjectType) and type.title == "LabelSelector")
    return wanted.types is None or any(comparable(type, one) for one in wanted.types)


def _some(names: tuple[str, ...], most: int = 8) -> str:
    shown = ", ".join(names[:most])
    return f"it has {shown}" + (", ..." if len(names) > most else "")


def _mend(expr: syntax.Binary, left: Type, right: Type) -> str:
    """What to write instead of a comparison that makes no sense."""
    pair = {left, right}
    literal = next((e for e in (expr.left, expr.right) if isinstance(e, syntax.Integer)), None)
    amounts = [t for t in pair if isinstance(t, QuantityType)]
    if amounts and NUMBER in pair:
        return f"write {literal.value}Gi or {literal.value}Mi" if literal else "memory is written as in 512Mi or 2Gi"
    if DURATION in pair and NUMBER in pair:
        return f"write {literal.value}s" if literal else "durations are written as in 30s or 5min"
    if DURATION in pair and amounts:
        return "minutes are written min, as in 5min; 5m is a quantity"
    if AMOUNT in pair:
        return "make it a number first: scaled_up(..., d.spec.replicas), max_surge(d) or max_unavailable(d)"
    if TEXT in pair and NUMBER in pair and literal:
        return f'write "{literal.value}"'
    if CONDITION in pair and TEXT in pair:
        return "conditions are true or false, without quotes"
    return ""
