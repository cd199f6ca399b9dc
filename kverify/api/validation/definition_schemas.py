"""The schemas of CustomResourceDefinitions.

Source: ``validateCustomResourceDefinitionValidation`` and ``ValidateCustomResourceDefinitionOpenAPISchema`` of
``k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation``.
"""

from __future__ import annotations

from attrs import define, evolve, field, frozen

from kverify.api.cel import Program, types
from kverify.api.cel.cost import max_cost
from kverify.api.cel.declared import MAX_REQUEST_BYTES, DeclType
from kverify.api.custom.conformance import format_of
from kverify.api.custom.default_checks import check_defaults
from kverify.api.custom.field_paths import FieldPathError, find_field
from kverify.api.custom.rules import REASONS, CompiledRule, compile_rules, named
from kverify.api.custom.schema import Rule, Schema
from kverify.api.custom.structural import check_structural, unsupported
from kverify.api.validation.expressions import check_result, report_complaints
from kverify.api.validation.report import EXPRESSION, SCHEMA, SUSPICIOUS, Path, Report

TYPES = ("array", "boolean", "integer", "number", "object", "string")
LIST_TYPES = ("atomic", "map", "set")
MAP_TYPES = ("atomic", "granular")
MAX_RULE_COST = 10_000_000
MAX_TOTAL_COST = 100_000_000
MOST_EXPENSIVE = 4
UNBOUNDED = 2**64 - 1

RULES = "x-kubernetes-validations"
_LIST_TYPE, _LIST_KEYS, _MAP_TYPE = "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"
_PRESERVE, _EMBEDDED = "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"
_META = frozenset(["apiVersion", "kind", "metadata"])
_REFUSED = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")
_NUMERIC_FORMATS = frozenset(["int32", "int64", "float", "double"])
_ROOT_WITH_STATUS = frozenset(
    [
        "description",
        "type",
        "format",
        "title",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "pattern",
        "maxItems",
        "minItems",
        "uniqueItems",
        "multipleOf",
        "required",
        "items",
        "properties",
        "externalDocs",
        "example",
        _PRESERVE,
        RULES,
    ]
)

_CHEAPER = "set maxItems, maxProperties and maxLength where lists, maps and texts are described, or simplify the rule"
_CHEAPER_MESSAGE = (
    "write numbers as '%d'.format([self.x]): of string(self.x) the API server does not know how long it is"
)


def check_schema(schema: Schema, with_status: bool, path: Path, report: Report) -> None:
    """The schema of one version, or of all. ``with_status``: the resources have a status subresource."""
    before = len(report.problems)
    if with_status:
        _check_root(schema, path, report)
    if schema.nullable:
        report.forbidden(path.child("nullable"), "A resource is never null.", "remove it")
    why = unsupported(schema)
    costs: Costs | None = None
    if not why:
        found = len(report.problems)
        check_structural(schema, path, report)
        if len(report.problems) == found:
            check_defaults(schema, path, report)
        if len(report.problems) == found:
            costs = Costs()
    walk = _Walk(report.version, costs)
    walk.visit(schema, _Place(path, root=True, cardinality=1 if costs is not None else None, rules=costs is not None))
    report.problems += [*walk.schema.problems, *walk.rules.problems]
    if why and len(report.problems) == before:
        report.error(SCHEMA, path, f"A schema cannot have {why}.", f"remove {why}")
    if costs is not None and costs.total > MAX_TOTAL_COST:
        told = {problem.text for problem in walk.rules.problems}
        for place in [place for _, place in costs.expensive if place.text not in told]:
            report.forbidden(place, "This rule is one of those that make all rules together too expensive.", _CHEAPER)
        times = costs.total / MAX_TOTAL_COST
        report.forbidden(path, f"All rules together could cost {times:.1f} times as much as is allowed.", _CHEAPER)


def _check_root(schema: Schema, path: Path, report: Report) -> None:
    """``status`` is cut out of the schema, so its root may say nothing that a cut would lose."""
    extra = sorted(schema.present - _ROOT_WITH_STATUS)
    early = [name for name in extra if name in ("id", "$schema", "$ref")]
    if schema.type not in ("", "object") and not early:
        report.error(SCHEMA, path.child("type"), "A resource with a status is an object.", "write type: object")
    elif extra:
        message = f"The root of a schema cannot have {', '.join(extra)} when there is a status subresource."
        report.error(SCHEMA, path, message, "move it to a property")


@define
class Costs:
    """What all rules together can cost, and the dearest of them."""

    total: int = 0
    expensive: list[tuple[int, Path]] = field(factory=list)

    def add(self, cost: int, path: Path) -> None:
        self.total = min(self.total + cost, UNBOUNDED)
        if cost >= MAX_TOTAL_COST // 100:
            self.expensive = sorted([*self.expensive, (cost, path)], key=lambda pair: -pair[0])[:MOST_EXPENSIVE]


@frozen(eq=False)
class _Place:
    """Where the walk stands. ``cardinality``: how many values the schema describes at most, None without a bound.
    ``rules``: rules are compiled here. ``no_defaults``: why defaults are not allowed."""

    path: Path
    root: bool = False
    cardinality: int | None = None
    rules: bool = False
    no_defaults: str = ""
    in_metadata: bool = False
    uncorrelatable: bool = False

    def inner(self, path: Path, parent: Schema, uncorrelatable: bool = False) -> _Place:
        most = _max_elements(parent)
        bound = None if self.cardinality is None or most is None else min(self.cardinality * most, UNBOUNDED)
        return evolve(
            self, path=path, root=False, cardinality=bound, uncorrelatable=self.uncorrelatable or uncorrelatable
        )

    def junctor(self, path: Path) -> _Place:
        return evolve(self, path=path, root=False, rules=False)


def _max_elements(schema: Schema) -> int | None:
    if schema.type == "array":
        return None if schema.max_items is None else max(schema.max_items, 0)
    if schema.type == "object" and schema.additional_allowed is not None:
        return None if schema.max_properties is None else max(schema.max_properties, 0)
    return 1


@define
class _Walk:
    """``schema`` are the problems of the schema, ``rules`` those of expressions: where the schema is wrong nothing is
    compiled. ``formats`` are those that a warning has named: one place for each is enough."""

    version: str
    costs: Costs | None
    schema: Report = field(init=False)
    rules: Report = field(init=False)
    formats: set[str] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self.schema, self.rules = Report(self.version), Report(self.version)

    def visit(self, schema: Schema, place: _Place) -> None:
        before = len(self._errors())
        path, report = place.path, self.schema
        self._check_node(schema, place)
        self._descend(schema, place)
        if schema.preserve is False:
            report.error(SCHEMA, path.child(_PRESERVE), "It can only be true.", "remove it")
        _check_map_type(schema, path, report)
        _check_list_type(schema, path, report)
        _check_keys(schema, path, report)
        for here, rule in path.child(RULES).each(schema.rules):
            _check_rule(rule, schema, here, report)
        if schema.rules and place.rules and len(self._errors()) == before:
            self._compile(schema, place)

    def _errors(self) -> list[object]:
        return [problem for problem in self.schema.problems if problem.id != SUSPICIOUS]

    def _check_node(self, schema: Schema, place: _Place) -> None:
        path, report = place.path, self.schema
        if schema.type and schema.type not in TYPES:
            report.unsupported(path.child("type"), schema.type, TYPES)
        if schema.has_default and place.no_defaults:
            report.forbidden(path.child("default"), f"There can be no default {place.no_defaults}.", "remove it")
        for name in _REFUSED:
            if name in schema.present:
                report.forbidden(path.child(name), f"{name} is not supported.", "remove it")
        if schema.type == "null":
            report.forbidden(path.child("type"), "The type cannot be null.", "write nullable: true beside a type")
        if schema.item_list:
            report.forbidden(path.child("items"), "items is one schema, not a list of them.", "write the schema itself")
        if place.in_metadata and schema.embedded:
            report.forbidden(path.child(_EMBEDDED), "There is no resource inside of metadata.", "remove it")
        if schema.unique_items:
            message = "uniqueItems would take too long to check."
            report.forbidden(path.child("uniqueItems"), message, f"write {_LIST_TYPE}: set")
        closed = schema.additional is not None or schema.additional_allowed is False
        if closed and schema.properties:
            message = "An object has properties or additionalProperties, not both."
            report.forbidden(path.child("additionalProperties"), message, "remove one of them")
        told = schema.format in self.formats or schema.format in _NUMERIC_FORMATS
        if schema.format and not told and not format_of(schema, self.version):
            self.formats.add(schema.format)
            what = f" of type {schema.type}" if schema.type else ""
            message = f"Kubernetes {self.version} does not know the format {schema.format!r}{what} and checks nothing."
            report.warn(SUSPICIOUS, path.child("format"), message)

    def _descend(self, schema: Schema, place: _Place) -> None:
        path = place.path
        if schema.additional is not None:
            inner = place.inner(path.child("additionalProperties"), schema)
            if place.in_metadata:
                inner = evolve(inner, no_defaults="below additionalProperties of metadata")
            self.visit(schema.additional, inner)
        for name, property_schema in schema.properties.items():
            inner = place.inner(path.child("properties").key(name), schema, not schema.rules_are_correlatable)
            if (place.root or schema.embedded) and name in _META:
                forbidden = f"in the {name} of the resource" if place.root else inner.no_defaults
                inner = evolve(inner, in_metadata=True, no_defaults=forbidden)
            self.visit(property_schema, inner)
        if schema.not_ is not None:
            self.visit(schema.not_, place.junctor(path.child("not")))
        for name, inners in (("allOf", schema.all_of), ("oneOf", schema.one_of), ("anyOf", schema.any_of)):
            for here, one in path.child(name).each(inners):
                self.visit(one, place.junctor(here))
        for name, definition in schema.definitions.items():
            self.visit(definition, place.junctor(path.child("definitions").key(name)))
        uncorrelatable = schema.list_type != "map"
        if schema.items is not None:
            self.visit(schema.items, place.inner(path.child("items"), schema, uncorrelatable))
        for here, one in path.child("items").each(schema.item_list):
            self.visit(one, place.inner(here, schema, uncorrelatable))
        for name, dependency in schema.dependencies.items():
            if dependency is not None:
                self.visit(dependency, place.junctor(path.child("dependencies").key(name)))

    # -- rules -------------------------------------------------------------------------------------------------------

    def _compile(self, schema: Schema, place: _Place) -> None:
        rules = place.path.child(RULES)
        declared = named(schema, place.root)
        if declared is None:
            message = "Nothing is known of the type of this value, so no rule can look at it."
            self.rules.error(EXPRESSION, rules, message, "describe it, or write the rule where it is described")
            return
        for here, compiled in rules.each(compile_rules(schema, declared, self.version)):
            self._check_compiled(compiled, declared, place, here)

    def _check_compiled(self, compiled: CompiledRule, declared: DeclType, place: _Place, path: Path) -> None:
        report, rule = self.rules, compiled.rule
        at = path.child("rule")
        if not rule.rule.strip():
            return
        report_complaints(compiled.program, at, report)
        check_result(compiled.program, (types.BOOL,), at, report)
        compiles = compiled.program.result == types.BOOL
        cost = self._cost(compiled.program, declared, (types.BOOL,)) * _times(place, declared)
        self._limit(min(cost, UNBOUNDED), at)
        if compiled.message is not None and compiles:
            here = path.child("messageExpression")
            report_complaints(compiled.message, here, report)
            check_result(compiled.message, (types.STRING,), here, report)
            self._limit(self._cost(compiled.message, declared, (types.STRING,)), here, _CHEAPER_MESSAGE)
        if compiled.uses_old and compiles:
            if place.uncorrelatable:
                message = "Items of a list that is no map cannot be compared with what they were before."
                report.error(EXPRESSION, at, message, f"write the rule at the list, or {_LIST_TYPE}: map")
        elif rule.optional_old_self is not None:
            message = "optionalOldSelf says something about oldSelf, which the rule does not use."
            report.error(EXPRESSION, path.child("optionalOldSelf"), message, "remove it")

    def _cost(self, program: Program, declared: DeclType, wanted: tuple[types.Type, ...]) -> int:
        if program.checked is None or program.result not in wanted:
            return 0
        return max_cost(program.checked, declared)

    def _limit(self, cost: int, path: Path, mend: str = _CHEAPER) -> None:
        if self.costs is not None:
            self.costs.add(cost, path)
        if cost > MAX_RULE_COST:
            times = cost / MAX_RULE_COST
            what = "more than 100" if times > 100 else f"{times:.1f}"
            self.rules.forbidden(path, f"The expression could cost {what} times as much as is allowed.", mend)


def _times(place: _Place, declared: DeclType) -> int:
    """How often a rule is evaluated at most; without a bound, as often as its data fits into a request."""
    return place.cardinality if place.cardinality is not None else MAX_REQUEST_BYTES // (declared.min_size + 1)


def _check_rule(rule: Rule, schema: Schema, path: Path, report: Report) -> None:
    text, message = rule.rule.strip(), rule.message.strip()
    at = path.child("message")
    if not text:
        report.required(path.child("rule"), "The rule is empty.", "write an expression about self")
    elif rule.message and not message:
        report.error(SCHEMA, at, "The message is empty.", "write one, or remove it")
    elif _has_lines(message):
        report.error(SCHEMA, at, "A message is one line.", "remove the line breaks")
    elif _has_lines(text) and not message:
        report.required(at, "A rule of several lines needs a message.", "say what is wrong when the rule is broken")
    if rule.message_expression and not rule.message_expression.strip():
        report.required(path.child("messageExpression"), "The expression is empty.", "write one, or remove it")
    if rule.reason is not None and rule.reason not in REASONS:
        report.unsupported(path.child("reason"), rule.reason, sorted(REASONS))
    if not rule.field_path:
        return
    at = path.child("fieldPath")
    if not rule.field_path.strip():
        report.error(SCHEMA, at, "The path is empty.", "write one such as .spec.replicas, or remove it")
    elif _has_lines(rule.field_path):
        report.error(SCHEMA, at, "A path is one line.")
    if unsupported(schema):
        return
    try:
        find_field(rule.field_path, schema)
    except FieldPathError as error:
        report.error(SCHEMA, at, f"The path names no field: {error}.", "write it as .name or .labels['key']")


def _has_lines(text: str) -> bool:
    return "\n" in text or "\r" in text


# -- lists and maps --------------------------------------------------------------------------------------------------


def _check_map_type(schema: Schema, path: Path, report: Report) -> None:
    if schema.map_type is None:
        return
    _check_type(schema, "object", _MAP_TYPE, path, report)
    report.choice(path.child(_MAP_TYPE), schema.map_type or " ", MAP_TYPES)


def _check_type(schema: Schema, wanted: str, why: str, path: Path, report: Report) -> None:
    place = path.child("type")
    if not schema.type:
        report.required(place, f"With {why} the type is {wanted}.", f"add type: {wanted}")
    elif schema.type != wanted:
        report.error(SCHEMA, place, f"With {why} the type is {wanted}.", f"remove {why}, or write type: {wanted}")


def _check_list_type(schema: Schema, path: Path, report: Report) -> None:
    if schema.list_type is None:
        return
    if schema.type != "array":
        _check_type(schema, "array", _LIST_TYPE, path, report)
    elif schema.list_type == "set" and schema.items is not None:
        items, here = schema.items, path.child("items")
        message = "The items of a set are compared as a whole, so they are atomic."
        if items.type == "array" and items.list_type not in (None, "atomic"):
            report.error(SCHEMA, here.child(_LIST_TYPE), message, "write atomic")
        elif items.type == "object" and items.map_type != "atomic":
            report.error(SCHEMA, here.child(_MAP_TYPE), message, "write atomic")
    report.choice(path.child(_LIST_TYPE), schema.list_type or " ", LIST_TYPES)
    if schema.items is not None and schema.list_type in ("map", "set") and schema.items.nullable:
        message = f"The items of a {schema.list_type} cannot be null."
        report.forbidden(path.child("items").child("nullable"), message, "remove it")


def _check_keys(schema: Schema, path: Path, report: Report) -> None:
    keys, items = path.child(_LIST_KEYS), path.child("items")
    if schema.list_keys and schema.list_type is None:
        report.required(path.child(_LIST_TYPE), "A list with keys is a map.", f"add {_LIST_TYPE}: map")
    elif schema.list_keys and schema.list_type != "map":
        report.error(SCHEMA, path.child(_LIST_TYPE), "A list with keys is a map.", "write map")
    if schema.list_type != "map":
        return
    if not schema.list_keys:
        report.required(keys, "A list that is a map has keys.", "name the fields that identify an item")
    if schema.items is None:
        if schema.item_list:
            report.error(SCHEMA, items, "A list that is a map has one schema for its items.")
        else:
            report.required(items, "A list that is a map describes its items.")
        return
    if schema.items.type != "object":
        report.error(SCHEMA, items.child("type"), "The items of a map are objects.", "write type: object")
    else:
        _check_key_fields(schema.list_keys, schema.items, keys, items.child("properties"), report)
    for name in schema.list_keys:
        known = schema.items.properties.get(name)
        if known is None:
            continue
        place = items.child("properties").key(name)
        if name not in schema.items.required and not known.has_default:
            message = f"{name} is a key of the list, so every item has it."
            report.required(place.child("default"), message, "give it a default, or make it required")
        if known.nullable:
            report.forbidden(place.child("nullable"), f"{name} is a key of the list and cannot be null.", "remove it")


def _check_key_fields(names: tuple[str, ...], items: Schema, keys: Path, properties: Path, report: Report) -> None:
    seen: set[str] = set()
    for name in names:
        known = items.properties.get(name)
        if known is None:
            report.error(SCHEMA, keys, f"The items have no field {name!r}.", "describe it below properties")
        elif known.type in ("array", "object"):
            place = properties.key(name).child("type")
            report.error(SCHEMA, place, f"{name} is a key of the list, so it is neither a list nor an object.")
        if name in seen:
            report.error(SCHEMA, keys, f"{name!r} is given twice.", "remove one of them")
        seen.add(name)
