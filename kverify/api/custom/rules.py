"""The rules of a schema (``x-kubernetes-validations``): compiled, and evaluated on resources.

Sources: ``k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel`` (``compilation.go``, ``validation.go``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from kverify.api.cel import Environment, Program, compile_text, types
from kverify.api.cel.declared import DeclType
from kverify.api.cel.environment import base_environment
from kverify.api.cel.values import NONE, CelError, Optional, Value
from kverify.api.custom.conformance import NO_PATH, same
from kverify.api.custom.data import to_value
from kverify.api.custom.declarations import declare, escape, is_declared
from kverify.api.custom.field_paths import FieldPathError, find_field
from kverify.api.custom.schema import Rule, Schema
from kverify.api.validation.report import DUPLICATE, FORBIDDEN, REQUIRED, RULE, Path, Report

Json = Any

SELF, OLD_SELF = "self", "oldSelf"
REASONS = {
    "FieldValueDuplicate": DUPLICATE,
    "FieldValueForbidden": FORBIDDEN,
    "FieldValueInvalid": RULE,
    "FieldValueRequired": REQUIRED,
}
"""What a rule may give as its reason, and the id of the diagnostic."""

_TYPE_NAME = "@self"
_MAX_MESSAGE_BYTES = 5 * 1024


@frozen(eq=False)
class CompiledRule:
    """``message`` is the compiled ``messageExpression``; None when there is none."""

    rule: Rule
    program: Program
    message: Program | None

    @property
    def uses_old(self) -> bool:
        return self.program.uses(OLD_SELF)


def rule_environment(declared: DeclType, version: str, optional_old: bool) -> Environment:
    """What the rules of a schema can name; ``declared`` is :func:`named`."""
    old = types.optional_of(declared.type) if optional_old else declared.type
    variables = {SELF: declared.type, OLD_SELF: old}
    return base_environment(version).with_objects(declared.objects()).with_variables(variables)


def named(schema: Schema, root: bool) -> DeclType | None:
    """The type of ``self`` in the rules of ``schema``; None when its data has no type."""
    declared = declare(schema, root or schema.embedded)
    return None if declared is None else declared.named(_TYPE_NAME)


def compile_rules(schema: Schema, declared: DeclType, version: str) -> tuple[CompiledRule, ...]:
    """The rules of one node of a schema, also those that do not compile."""
    compiled: list[CompiledRule] = []
    for rule in schema.rules:
        environment = rule_environment(declared, version, bool(rule.optional_old_self))
        message = compile_text(rule.message_expression, environment) if rule.message_expression else None
        compiled.append(CompiledRule(rule, compile_text(rule.rule, environment), message))
    return tuple(compiled)


# -- evaluation ------------------------------------------------------------------------------------------------------


@define
class Evaluation:
    """One resource against the rules of its schema. Compiled rules are kept by schema node in ``cache``.

    ``ratchets``: on an update, what breaks a rule and did not change is let through (``CRDValidationRatcheting``).
    ``only_transitions``: only rules about ``oldSelf`` are evaluated.
    """

    version: str
    report: Report
    ratchets: bool = False
    only_transitions: bool = False
    cache: dict[int, tuple[CompiledRule, ...]] = field(factory=dict)

    def check(self, value: Json, schema: Schema, path: Path, old: Json = None, root: bool = False) -> None:
        """Evaluate the rules of ``schema`` and of everything in it. ``old`` is the value before an update; without it
        rules that need it are left out."""
        if value is None:
            return
        self._evaluate(value, schema, path, old, root)
        if isinstance(value, Mapping):
            self._fields(value, schema, path, old)
        elif isinstance(value, (list, tuple)) and schema.items is not None:
            for here, item in path.each(value):
                self.check(item, schema.items, here, _counterpart(item, schema, old))

    def _fields(self, value: Mapping[str, Json], schema: Schema, path: Path, old: Json) -> None:
        before = old if isinstance(old, Mapping) and schema.rules_are_correlatable else {}
        for key, inner in value.items():
            if schema.additional is not None:
                self.check(inner, schema.additional, path.key(key), before.get(key))
            known = schema.properties.get(key)
            if known is None:
                continue
            if escape(key) is not None and not is_declared(known):
                continue  # rules see nothing of a field without a type, and nothing in it
            self.check(inner, known, path.child(key), before.get(key))

    def _rules(self, schema: Schema, root: bool) -> tuple[CompiledRule, ...]:
        found = self.cache.get(id(schema))
        if found is None:
            declared = named(schema, root) if schema.rules else None
            found = compile_rules(schema, declared, self.version) if declared is not None else ()
            self.cache[id(schema)] = found
        return found

    def _evaluate(self, value: Json, schema: Schema, path: Path, old: Json, root: bool) -> None:
        rules = self._rules(schema, root)
        if not rules:
            return
        now = to_value(value, schema, root)
        before = to_value(old, schema, root) if old is not None else None
        for compiled in rules:
            rule = compiled.rule
            optional = bool(rule.optional_old_self)
            if not rule.rule.strip() or (compiled.uses_old and old is None and not optional):
                continue
            if self.only_transitions and not compiled.uses_old:
                continue
            earlier = (NONE if old is None else Optional(True, before)) if optional else before
            variables = {SELF: now, OLD_SELF: earlier}
            result = compiled.program.evaluate(variables)
            if result is True:
                continue
            if isinstance(result, CelError):
                message = f"The rule {_shown(rule)} cannot be evaluated: {result}."
                self.report.error(RULE, _or_nil(path), message)
                continue
            if self.ratchets and not compiled.uses_old and old is not None and same(old, value):
                continue
            self._broken(compiled, schema, path, variables)

    def _broken(self, compiled: CompiledRule, schema: Schema, path: Path, variables: Mapping[str, Value]) -> None:
        rule = compiled.rule
        place = path
        if rule.field_path:
            try:
                found = find_field(rule.field_path, schema)
                place = path.inside(*found.steps).printed(f"{path.text}.{found.text}" if path.text else found.text)
            except FieldPathError:
                # The definition itself is refused for this path; the resource is then told of as a whole.
                pass
        id = REASONS.get(rule.reason or "", RULE)
        self.report.error(id, _or_nil(place), _sentence(_message(compiled, variables)))


def _or_nil(path: Path) -> Path:
    return path if path.text else path.printed(NO_PATH)


def _message(compiled: CompiledRule, variables: Mapping[str, Value]) -> str:
    rule = compiled.rule
    if compiled.message is not None:
        text = compiled.message.evaluate(variables)
        text = text.strip() if isinstance(text, str) else ""
        if text and "\n" not in text and len(text.encode()) <= _MAX_MESSAGE_BYTES:
            return text
    return rule.message.strip() or f"the rule {_shown(rule)} is broken"


def _shown(rule: Rule) -> str:
    return " ".join((rule.message or rule.rule).split())


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _counterpart(item: Json, schema: Schema, old: Json) -> Json:
    """The item of the old list with the same keys; only lists of type ``map`` are compared item by item."""
    if schema.list_type != "map" or not isinstance(item, Mapping) or not isinstance(old, Sequence):
        return None
    keys = {key: item.get(key) for key in schema.list_keys}
    for other in old:
        if isinstance(other, Mapping) and all(same(other.get(key), value) for key, value in keys.items()):
            return other
    return None
