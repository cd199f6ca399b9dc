"""The types of an expression, and everything that is wrong with them (cel-go ``checker/checker.go``).

Lists and maps are homogeneous, numbers of different types compare, and objects are closed: all as kube-apiserver sets
cel-go up.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from attrs import define, field, frozen

from kverify.api.cel import ast, types
from kverify.api.cel.ast import Call, Comprehension, Entry, Expr, Ident, ListExpr, Literal, MapExpr, Message, Select
from kverify.api.cel.environment import Environment
from kverify.api.cel.inference import Mapping, most_general, substitute
from kverify.api.cel.signatures import Overload
from kverify.api.cel.types import DYN, ERROR, Type

_LITERALS = {"null": types.NULL, **types.PRIMITIVE}


@frozen
class Complaint:
    """One thing the compiler has against an expression, at its characters ``start`` to ``end``."""

    message: str
    start: int
    end: int
    mend: str = ""


@define
class Checked:
    """An expression with the types of all its parts. Parts are known by identity (``id``)."""

    expr: Expr
    types: dict[int, Type]
    names: dict[int, str]
    """Which (qualified) variable or type an ``Ident`` or ``Select`` is."""
    overloads: dict[int, tuple[str, ...]]
    functions: dict[int, str]
    """The qualified name of a call that looks like a method and is none (``optional.of(1)``)."""
    complaints: list[Complaint]

    @property
    def result(self) -> Type:
        return self.types[id(self.expr)]

    def type_of(self, expr: Expr) -> Type:
        return self.types.get(id(expr), DYN)

    def uses(self, name: str) -> bool:
        """Whether the variable ``name`` is read."""
        return name in self.names.values()


def check(expr: Expr, environment: Environment) -> Checked:
    """Types for ``expr``, an expression whose macros are expanded. Never raises: problems are complaints."""
    checker = _Checker(environment)
    checker.check(expr)
    final = {key: checker.mapping.substitute(type_, True) for key, type_ in checker.types.items()}
    return Checked(expr, final, checker.names, checker.overloads, checker.functions, checker.complaints)


@define
class _Checker:
    environment: Environment
    mapping: Mapping = field(factory=Mapping)
    types: dict[int, Type] = field(factory=dict)
    names: dict[int, str] = field(factory=dict)
    overloads: dict[int, tuple[str, ...]] = field(factory=dict)
    functions: dict[int, str] = field(factory=dict)
    complaints: list[Complaint] = field(factory=list)
    scopes: list[dict[str, Type]] = field(factory=list)
    fresh: int = 0

    def check(self, expr: Expr) -> Type:
        match expr:
            case Literal():
                found = _LITERALS[expr.kind]
            case Ident():
                found = self._ident(expr)
            case Select():
                found = self._select(expr)
            case Call():
                found = self._call(expr)
            case ListExpr():
                found = self._list(expr)
            case MapExpr():
                found = self._map(expr)
            case Message():
                found = self._message(expr)
            case Comprehension():
                found = self._comprehension(expr)
        self.types[id(expr)] = found
        return found

    def complain(self, at: Expr | Entry, message: str, mend: str = "") -> Type:
        self.complaints.append(Complaint(message, at.start, at.end, mend))
        return ERROR

    # -- names -------------------------------------------------------------------------------------------------------

    def _lookup(self, name: str) -> Type | None:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return self.environment.lookup(name)

    def _ident(self, expr: Ident) -> Type:
        found = self._lookup(expr.name)
        if found is None:
            known = {name for scope in self.scopes for name in scope} | set(self.environment.variables)
            return self.complain(expr, f"{expr.name} is not declared", _suggest(expr.name, known))
        self.names[id(expr)] = expr.name
        return found

    def _select(self, expr: Select) -> Type:
        name = None if expr.test else ast.qualified_name(expr)
        if name is not None and not self._is_local(name):
            found = self.environment.lookup(name)
            if found is not None:
                self.names[id(expr)] = name
                return found
        result = self._field(expr, expr.operand, expr.field, False)
        return types.BOOL if expr.test else self.mapping.substitute(result)

    def _is_local(self, name: str) -> bool:
        first = name.partition(".")[0]
        return any(first in scope for scope in self.scopes)

    def _field(self, at: Expr, operand: Expr, name: str, optional: bool) -> Type:
        operand_type = self.mapping.substitute(self.check(operand))
        target, was_optional = types.unwrap_optional(operand_type)
        result = ERROR
        match target.kind:
            case "map":
                result = target.params[1]
            case "object":
                field_type = self.environment.field_type(target.name, name)
                if field_type is None:
                    self._unknown_field(at, target, name)
                else:
                    result = field_type
            case "param":
                self.mapping.assignable(DYN, target)
                result = DYN
            case "dyn" | "error":
                result = DYN
            case _:
                self.complain(at, f"a {target} has no fields, so .{name} cannot be read from it")
                result = DYN
        return types.optional_of(result) if optional or was_optional else result

    def _unknown_field(self, at: Expr, target: Type, name: str) -> None:
        known = self.environment.objects.get(target.name, {})
        mend = _suggest(name, known)
        if not mend and f"__{name}__" in known:
            mend = f"write __{name}__"
        self.complain(at, f"there is no field {name!r} here", mend)

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, expr: Call) -> Type:
        if expr.function == ast.OPTIONAL_SELECT:
            self.overloads[id(expr)] = ("select_optional_field",)
            name = expr.args[1]
            assert isinstance(name, Literal)
            self.check(name)
            return self.mapping.substitute(self._field(name, expr.args[0], str(name.value), True))
        arguments: list[Type] = []
        for argument in expr.args:
            arguments.append(self.check(argument))
        if expr.target is None:
            return self._resolve_or_complain(expr, expr.function, False, arguments)
        prefix = ast.qualified_name(expr.target)
        if prefix is not None:
            qualified = f"{prefix}.{expr.function}"
            if qualified in self.environment.functions and not self._is_local(prefix):
                self.functions[id(expr)] = qualified
                return self._resolve_or_complain(expr, qualified, False, arguments)
        target = self.check(expr.target)
        return self._resolve_or_complain(expr, expr.function, True, [target, *arguments])

    def _resolve_or_complain(self, expr: Call, function: str, member: bool, arguments: list[Type]) -> Type:
        overloads = self.environment.functions.get(function)
        if overloads is None:
            known = [name for name in self.environment.functions if name[0].isalpha()]
            known += [name for name, _, _ in self.environment.macros]
            mend = _suggest(function, known)
            if any(name == function for name, _, _ in self.environment.macros):
                mend = f"{function} takes another number of arguments"
            return self.complain(expr, f"there is no function {function}", mend)
        found = self._resolve(overloads, member, tuple(arguments))
        if found is None:
            shown = [self.mapping.substitute(argument, True) for argument in arguments]
            return self.complain(expr, _no_overload(function, member, shown), _overload_mend(overloads, member))
        self.overloads[id(expr)] = found[0]
        return found[1]

    def _resolve(
        self, overloads: tuple[Overload, ...], member: bool, arguments: tuple[Type, ...]
    ) -> tuple[tuple[str, ...], Type] | None:
        ids: list[str] = []
        result: Type | None = None
        for overload in overloads:
            if overload.member != member or len(overload.arguments) != len(arguments):
                continue
            wanted, produced = self._instantiate(overload)
            if not self.mapping.all_assignable(arguments, wanted):
                continue
            ids.append(overload.id)
            this = self.mapping.substitute(produced)
            if result is None:
                result = this
            elif result != DYN and this != result:
                result = DYN
        return None if result is None else (tuple(ids), result)

    def _instantiate(self, overload: Overload) -> tuple[tuple[Type, ...], Type]:
        if not overload.parameters:
            return overload.arguments, overload.result
        fresh = {types.param(name): self._new_variable() for name in overload.parameters}
        wanted = tuple(substitute(fresh, argument) for argument in overload.arguments)
        return wanted, substitute(fresh, overload.result)

    def _new_variable(self) -> Type:
        self.fresh += 1
        return types.param(f"_var{self.fresh}")

    # -- literals of lists, maps, objects ----------------------------------------------------------------------------

    def _list(self, expr: ListExpr) -> Type:
        element: Type | None = None
        for index, item in enumerate(expr.elements):
            found = self.check(item)
            if index in expr.optional:
                found = self._optional(item, found)
            element = self._join(item, element, found)
        return types.list_of(element or self._new_variable())

    def _map(self, expr: MapExpr) -> Type:
        key: Type | None = None
        value: Type | None = None
        for entry in expr.entries:
            key = self._join(entry.key, key, self.check(entry.key))
            found = self.check(entry.value)
            if entry.optional:
                found = self._optional(entry.value, found)
            value = self._join(entry.value, value, found)
        return types.map_of(key or self._new_variable(), value or self._new_variable())

    def _optional(self, at: Expr, found: Type) -> Type:
        inner, is_optional = types.unwrap_optional(self.mapping.substitute(found))
        if not is_optional and inner.kind not in ("dyn", "error"):
            self.complain(at, f"an optional value belongs after '?', and this is a {inner}", "remove the '?'")
        return inner

    def _join(self, at: Expr, previous: Type | None, current: Type) -> Type:
        if previous is None:
            return current
        if self.mapping.assignable(previous, current):
            return most_general(previous, current)
        before, now = self.mapping.substitute(previous, True), self.mapping.substitute(current, True)
        self.complain(
            at, f"this is a {now}, and what stands before it in the same place is a {before}", "wrap in dyn()"
        )
        return ERROR

    def _message(self, expr: Message) -> Type:
        name = expr.type_name
        found = self._lookup(name)
        result = ERROR
        if found is None:
            self.complain(expr, f"{name} is not declared")
        elif found.kind != "type":
            self.complain(expr, f"{name} is not a type")
        elif not found.params or found.params[0].kind != "object":
            self.complain(expr, f"{name} is not an object type")
        else:
            self.names[id(expr)] = name
            result = found.params[0]
        for entry in expr.entries:
            value = self.check(entry.value)
            if entry.optional:
                value = self._optional(entry.value, value)
            self._initialise(entry, result, value)
        return result

    def _initialise(self, entry: Entry, message: Type, value: Type) -> None:
        assert isinstance(entry.key, Literal)
        field_name = str(entry.key.value)
        if message.kind != "object":
            return
        wanted = self.environment.field_type(message.name, field_name)
        if wanted is None:
            self.complain(entry, f"{message.name} has no field {field_name!r}")
        elif not self.mapping.assignable(wanted, value):
            shown = self.mapping.substitute(value, True)
            self.complain(entry, f"the field {field_name} is a {wanted}, and this is a {shown}")

    # -- folds -------------------------------------------------------------------------------------------------------

    def _comprehension(self, expr: Comprehension) -> Type:
        self.check(expr.range)
        accumulator = self.check(expr.init)
        over = self.mapping.substitute(self.types[id(expr.range)])
        self.scopes.append({expr.accumulator: accumulator})
        self.scopes.append(self._variables(expr, over))
        self.check(expr.condition)
        self._assert(expr.condition, types.BOOL)
        self.check(expr.step)
        self._assert(expr.step, accumulator)
        self.scopes.pop()
        result = self.check(expr.result)
        self.scopes.pop()
        return self.mapping.substitute(result)

    def _variables(self, expr: Comprehension, over: Type) -> dict[str, Type]:
        first = second = DYN
        match over.kind:
            case "list":
                first = second = over.params[0]
                if expr.second:
                    first = types.INT
            case "map":
                first, second = over.params
            case "dyn" | "error" | "param":
                self.mapping.assignable(DYN, over)
            case _:
                first = second = self.complain(expr.range, f"a {over} cannot be gone through", "use a list or a map")
        return {expr.variable: first, expr.second: second} if expr.second else {expr.variable: first}

    def _assert(self, expr: Expr, wanted: Type) -> None:
        if not self.mapping.assignable(wanted, self.types[id(expr)]):
            found = self.mapping.substitute(self.types[id(expr)], True)
            shown = self.mapping.substitute(wanted, True)
            self.complain(expr, f"a {shown} belongs here, and this is a {found}")


_SIGNS = {function: sign for sign, function in ast.BINARY.items()} | {ast.AND: "&&", ast.OR: "||"}


def _no_overload(function: str, member: bool, arguments: list[Type]) -> str:
    shown = list(map(str, arguments))
    if function in _SIGNS:
        return f"{shown[0]} {_SIGNS[function]} {shown[1]} is not defined"
    if function in (ast.NOT, ast.NEGATE):
        return f"{function[0]} of a {shown[0]} is not defined"
    if function in (ast.INDEX, ast.OPTIONAL_INDEX):
        return f"a {shown[0]} has no element [{shown[1]}]"
    if function == ast.CONDITIONAL:
        return f"the cases of '?:' are a {shown[1]} and a {shown[2]}, its condition is a {shown[0]}"
    if member:
        return f"a {shown[0]} has no function {function}({', '.join(shown[1:])})"
    return f"{function}({', '.join(shown)}) is not defined"


def _overload_mend(overloads: Iterable[Overload], member: bool) -> str:
    styles = {overload.member for overload in overloads}
    if styles == {not member}:
        return "call it as a method, x.f(y)" if not member else "call it as a function, f(x)"
    return ""


def _suggest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(set(known)), n=1, cutoff=0.7)
    return f"did you mean {near[0]}?" if near else ""
