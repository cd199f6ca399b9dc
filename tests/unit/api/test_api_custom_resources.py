"""Custom resources: completed, and held to the schema and the rules of their definition."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kverify.api.custom.kinds import NO_DEFINITIONS
from kverify.api.decode import DecodedAll, decode, decode_all
from kverify.api.object import OtherObject
from kverify.api.validation import validate_update
from kverify.cluster import Bundle, key_of
from kverify.manifest import Severity, read_text

DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foos.e.com}
spec:
  group: e.com
  names: {plural: foos, kind: Foo}
  scope: SCOPE
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.count, statusReplicasPath: .status.count}}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            properties: {FIELDS}
            x-kubernetes-validations: [RULES]
          status: {type: object, properties: {count: {type: integer}}}
  - {name: v0, served: false, storage: false, schema: {openAPIV3Schema: {type: object}}}
"""
OBJECT = "apiVersion: e.com/v1\nkind: Foo\nmetadata: {name: x}\n"


def definition(fields: str = "", rules: str = "", scope: str = "Namespaced") -> str:
    return DEFINITION.replace("FIELDS", fields).replace("RULES", rules).replace("SCOPE", scope)


def read(*texts: str, version: str = "1.36") -> DecodedAll:
    documents = read_text("\n---\n".join(texts), "all.yaml").documents
    return decode_all(documents, version)


def check(fields: str, spec: str, rules: str = "", version: str = "1.36") -> list[str]:
    """The paths of what is wrong with an object that has this ``spec``."""
    decoded = read(definition(fields, rules), f"{OBJECT}spec: {spec}", version=version)
    assert decoded.objects[0].kind == "CustomResourceDefinition"
    return sorted({problem.path for problem in decoded.diagnostics if problem.severity is Severity.ERROR})


def resource(fields: str, spec: str, rules: str = "", scope: str = "Namespaced") -> OtherObject:
    decoded = read(definition(fields, rules, scope), f"{OBJECT}spec: {spec}")
    assert not decoded.diagnostics, list(map(str, decoded.diagnostics))
    _, found = decoded.objects
    assert isinstance(found, OtherObject)
    return found


@pytest.mark.parametrize("definition_first", [True, False])
def test_the_definition_may_stand_anywhere(definition_first: bool) -> None:
    texts = [definition("a: {type: integer}"), f"{OBJECT}spec: {{a: x}}"]
    decoded = read(*(texts if definition_first else reversed(texts)))
    assert [problem.path for problem in decoded.diagnostics] == ["spec.a"]


def test_a_list_holds_definitions_too() -> None:
    items = [yaml.safe_load(f"{OBJECT}spec: {{a: x}}"), yaml.safe_load(definition("a: {type: integer}"))]
    decoded = read(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items}))
    assert [problem.path for problem in decoded.diagnostics] == ["spec.a"]


def test_without_a_definition_nothing_is_said() -> None:
    decoded = read(f"{OBJECT}spec: {{a: x}}")
    assert not decoded.diagnostics
    assert decoded.objects[0].metadata.namespace is None


@pytest.mark.parametrize(("scope", "namespace"), [("Namespaced", "default"), ("Cluster", None)])
def test_the_definition_says_the_scope(scope: str, namespace: str | None) -> None:
    found = resource("", "{}", scope=scope)
    assert found.metadata.namespace == namespace
    assert key_of(found).namespace == (namespace or "")


def test_versions_that_are_not_served() -> None:
    decoded = read(definition(), OBJECT.replace("v1", "v0") + "spec: {}", OBJECT.replace("v1", "v2") + "spec: {}")
    assert [(problem.id, problem.path, problem.mend) for problem in decoded.diagnostics] == [
        ("KV1302", "apiVersion", "use e.com/v1"),
    ] * 2


def test_deprecated_versions_give_a_warning() -> None:
    text = definition().replace("storage: true", "storage: true\n    deprecated: true")
    (problem,) = read(text, f"{OBJECT}spec: {{}}").diagnostics
    assert (problem.id, problem.severity) == ("KV1306", Severity.WARNING)


@pytest.mark.parametrize(
    ("fields", "spec", "stored"),
    [
        ("a: {type: integer, default: 3}", "{}", {"a": 3}),
        ("a: {type: integer, default: 3}", "{a: 4}", {"a": 4}),
        ("a: {type: integer, default: 3}", "{a: null}", {"a": 3}),
        ("a: {type: integer, default: 3, nullable: true}", "{a: null}", {"a": None}),
        ("a: {type: integer}", "{a: null}", {}),
        ("a: {type: object, default: {}, properties: {b: {type: integer, default: 1}}}", "{}", {"a": {"b": 1}}),
        ("a: {type: object, properties: {b: {type: integer, default: 1}}}", "{}", {}),
        (
            "a: {type: array, items: {type: object, properties: {b: {type: integer, default: 1}}}}",
            "{a: [{}, {b: 2}]}",
            {"a": ({"b": 1}, {"b": 2})},
        ),
        (
            "a: {type: object, additionalProperties: {type: object, properties: {b: {type: integer, default: 1}}}}",
            "{a: {k: {}}}",
            {"a": {"k": {"b": 1}}},
        ),
        ("a: {type: number}", "{a: 2.0}", {"a": 2}),
        ("a: {x-kubernetes-preserve-unknown-fields: true}", "{a: {b: {c: 1}}}", {"a": {"b": {"c": 1}}}),
    ],
    ids=str,
)
def test_what_is_stored(fields: str, spec: str, stored: Any) -> None:
    assert resource(fields, spec).content["spec"] == stored


@pytest.mark.parametrize(
    ("fields", "spec", "expected"),
    [
        ("a: {type: string}", "{a: x}", []),
        ("a: {type: string}", "{b: x}", ["spec.b"]),
        ("a: {type: array, items: {type: object, properties: {b: {type: string}}}}", "{a: [{c: 1}]}", ["spec.a[0].c"]),
        ("a: {type: object}", "{a: {b: 1}}", ["spec.a.b"]),
        ("a: {type: object, x-kubernetes-preserve-unknown-fields: true}", "{a: {b: 1}}", []),
        ("a: {type: array, x-kubernetes-preserve-unknown-fields: true, items: {type: object}}", "{a: [{b: 1}]}", []),
        ("a: {type: string}", "{a: 1}", ["<nil>", "spec.a"]),
        ("a: {type: integer}", "{a: 1.5}", ["<nil>", "spec.a"]),
        ("a: {type: number}", "{a: 1}", []),
        ("a: {type: boolean}", "{a: 'true'}", ["<nil>", "spec.a"]),
        ("a: {type: object, required: [b], properties: {b: {type: string}}}", "{a: {}}", ["<nil>", "spec.a.b"]),
        ("a: {type: string, enum: [x, z]}", "{a: X}", ["<nil>", "spec.a"]),
        ("a: {type: integer, enum: [1, 2]}", "{a: 2}", []),
        ("a: {type: string, nullable: true, enum: [x]}", "{a: null}", ["<nil>", "spec.a"]),
        ("a: {type: string, pattern: '^a+$'}", "{a: b}", ["spec.a"]),
        ("a: {type: string, maxLength: 2}", "{a: äöü}", ["<nil>", "spec.a"]),
        ("a: {type: string, minLength: 3}", "{a: äöü}", []),
        ("a: {type: string, format: ipv4}", "{a: 10.0.0.256}", ["<nil>", "spec.a"]),
        ("a: {type: string, format: quux}", "{a: anything}", []),
        ("a: {type: integer, minimum: 1, maximum: 3}", "{a: 3}", []),
        ("a: {type: integer, minimum: 1, maximum: 3, exclusiveMaximum: true}", "{a: 3}", ["spec.a"]),
        ("a: {type: integer, minimum: 1}", "{a: 0}", ["spec.a"]),
        ("a: {type: integer, multipleOf: 3}", "{a: 7}", ["spec.a"]),
        ("a: {type: number, multipleOf: 0.1}", "{a: 0.3}", []),
        ("a: {type: array, items: {type: string}, maxItems: 1}", "{a: [b, c]}", ["<nil>", "spec.a"]),
        ("a: {type: array, items: {type: string}, minItems: 1}", "{a: []}", ["spec.a"]),
        ("a: {type: object, additionalProperties: {type: integer}}", "{a: {k: v}}", ["<nil>", "spec.a.k"]),
        ("a: {type: object, minProperties: 1, properties: {b: {type: string}}}", "{a: {}}", ["spec.a"]),
        (
            "a: {type: object, maxProperties: 0, additionalProperties: {type: string}}",
            "{a: {k: v}}",
            ["<nil>", "spec.a"],
        ),
        ("a: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}", "{a: 1}", []),
        (
            "a: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}",
            "{a: []}",
            ["<nil>", "spec.a"],
        ),
        ("a: {type: string, anyOf: [{pattern: a}, {pattern: b}]}", "{a: c}", ["<nil>", "spec.a"]),
        ("a: {type: string, allOf: [{pattern: a}, {pattern: b}]}", "{a: a}", ["<nil>", "spec.a"]),
        ("a: {type: string, oneOf: [{pattern: a}, {pattern: b}]}", "{a: ab}", ["<nil>"]),
        ("a: {type: string, not: {pattern: a}}", "{a: a}", ["<nil>"]),
        ("a: {type: array, items: {type: string}, x-kubernetes-list-type: set}", "{a: [b, c, b, b]}", ["spec.a[2]"]),
        (
            "a: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], "
            "items: {type: object, required: [k], properties: {k: {type: string}, v: {type: string}}}}",
            "{a: [{k: b, v: c}, {k: b}]}",
            ["spec.a[1]"],
        ),
        (
            "a: {type: object, additionalProperties: "
            "{type: array, items: {type: string}, x-kubernetes-list-type: set}}",
            "{a: {k: [b, b]}}",
            ["spec.a[k][1]"],
        ),
        ("count: {type: integer}", "{count: -1}", [".spec.count"]),
        ("count: {type: integer}", "{count: 2147483648}", [".spec.count"]),
        (
            "a: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}",
            "{a: {apiVersion: v1, kind: pod_, metadata: {name: a/b, labels: {a/b/c: d}, foo: 1}}}",
            ["spec.a.kind", "spec.a.metadata.foo", "spec.a.metadata.labels", "spec.a.metadata.name"],
        ),
        (
            "a: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}",
            "{a: {kind: Pod}}",
            ["<nil>", "spec.a.apiVersion"],
        ),
    ],
    ids=str,
)
def test_schemas(fields: str, spec: str, expected: list[str]) -> None:
    """``<nil>`` is printed for alternatives of which none fits, and for rules that were not evaluated."""
    assert check(fields, spec, "{rule: 'true'}") == expected


def test_numeric_formats_are_checked_since_136() -> None:
    fields, spec = "a: {type: integer, format: int32}", "{a: 2147483648}"
    assert [check(fields, spec, version=version) for version in ("1.35", "1.36")] == [[], ["<nil>"]]


def test_the_metadata_is_checked() -> None:
    decoded = read(definition(), "apiVersion: e.com/v1\nkind: Foo\nmetadata: {name: A_b, lables: {}}\nspec: {}")
    assert sorted(problem.path for problem in decoded.diagnostics) == ["metadata.lables", "metadata.name"]


def test_finalizers_without_a_domain_give_a_warning() -> None:
    (problem,) = read(
        definition(), OBJECT.replace("name: x", "name: x, finalizers: [a.b/c, d]") + "spec: {}"
    ).diagnostics
    assert (problem.path, problem.severity) == ("metadata.finalizers", Severity.WARNING)


@pytest.mark.parametrize(
    ("rules", "spec", "expected"),
    [
        ("{rule: self.a < self.b}", "{a: 1, b: 2}", []),
        ("{rule: self.a < self.b}", "{a: 2, b: 2}", [("KV1233", "spec", "the rule self.a < self.b is broken.")]),
        ("{rule: self.a < self.b, message: too large}", "{a: 2, b: 2}", [("KV1233", "spec", "too large.")]),
        ("{rule: self.a < self.b, fieldPath: .a}", "{a: 2, b: 2}", [("KV1233", "spec.a", None)]),
        (
            "{rule: self.a < self.b, messageExpression: \"'%d is too large'.format([self.a])\"}",
            "{a: 2, b: 2}",
            [("KV1233", "spec", "2 is too large.")],
        ),
        (
            "{rule: self.a < self.b, message: plain, messageExpression: \"'%d'.format([self.a / 0])\"}",
            "{a: 2, b: 2}",
            [("KV1233", "spec", "plain.")],
        ),
        ("{rule: self.a < self.b, reason: FieldValueForbidden}", "{a: 2, b: 2}", [("KV1205", "spec", None)]),
        ("{rule: self.a < self.b, reason: FieldValueRequired}", "{a: 2, b: 2}", [("KV1201", "spec", None)]),
        ("{rule: self.a < self.b}", "{a: 1}", [("KV1233", "spec", None)]),
        ("{rule: '!has(self.b) || self.a < self.b'}", "{a: 1}", []),
        ("{rule: self.a == oldSelf.a}", "{a: 1}", []),
        ("{rule: oldSelf.hasValue(), optionalOldSelf: true}", "{a: 1}", [("KV1233", "spec", None)]),
        ("{rule: self.when < timestamp('2020-01-01T00:00:00Z')}", "{when: '2019-01-01T00:00:00Z'}", []),
        ("{rule: self.span < duration('1h')}", "{span: 2h}", [("KV1233", "spec", None)]),
        ("{rule: self.ratio > 1.5}", "{ratio: 2}", []),
        ("{rule: self.port == 80 || self.port == 'http'}", "{port: http}", []),
        ("{rule: self.set == ['b', 'a']}", "{set: [a, b]}", []),
        ("{rule: self.__namespace__ == 'x'}", "{namespace: x}", []),
        ("{rule: self.a__dash__b == 'x'}", "{a-b: x}", []),
        ("{rule: 'self.map.all(k, self.map[k].v > 1)'}", "{map: {x: {v: 2}}}", []),
    ],
    ids=str,
)
def test_rules(rules: str, spec: str, expected: list[tuple[str, str, str | None]]) -> None:
    fields = (
        "a: {type: integer}, b: {type: integer}, when: {type: string, format: date-time}, ratio: {type: number}, "
        "span: {type: string, format: duration}, port: {x-kubernetes-int-or-string: true}, namespace: {type: string}, "
        "set: {type: array, maxItems: 5, x-kubernetes-list-type: set, items: {type: string, maxLength: 5}}, "
        "a-b: {type: string, maxLength: 9}, "
        "map: {type: object, maxProperties: 5, additionalProperties: {type: object, properties: {v: {type: integer}}}}"
    )
    found = read(definition(fields, rules), f"{OBJECT}spec: {spec}").diagnostics
    assert [(problem.id, problem.path) for problem in found] == [(id, path) for id, path, _ in expected]
    for problem, (_, _, message) in zip(found, expected, strict=True):
        assert message is None or problem.message == message


def test_rules_inside_of_lists_and_maps() -> None:
    fields = (
        "list: {type: array, maxItems: 5, items: {type: integer, x-kubernetes-validations: [{rule: self > 1}]}}, "
        "map: {type: object, maxProperties: 5, additionalProperties: "
        "{type: integer, x-kubernetes-validations: [{rule: self > 1}]}}"
    )
    assert check(fields, "{list: [1, 2], map: {a: 1, b: 2}}") == ["spec.list[0]", "spec.map[a]"]


def test_where_a_rule_is_broken() -> None:
    fields, rules = "a: {type: object, properties: {b: {type: integer}}}", "{rule: self.a.b > 1, fieldPath: .a.b}"
    (problem,) = read(f"{OBJECT}spec:\n  a:\n    b: 1\n", definition(fields, rules)).diagnostics
    assert (problem.path, problem.span.line, problem.span.column) == ("spec.a.b", 6, 8)


def test_unknown_fields_are_explained() -> None:
    fields = "replicas: {type: integer}, inner: {type: object, properties: {image: {type: string}}}"
    found = read(definition(fields), f"{OBJECT}spec: {{replica: 1, image: x, Replicas: 2}}").diagnostics
    assert {problem.path: problem.mend for problem in found} == {
        "spec.replica": "did you mean replicas?",
        "spec.image": "image belongs under inner",
        "spec.Replicas": "did you mean replicas?",
    }


def test_the_status_is_not_taken_at_creation() -> None:
    assert not read(definition(), f"{OBJECT}spec: {{}}\nstatus: {{count: x}}").diagnostics


TRANSITION = "{rule: self.a == oldSelf.a, message: a is fixed}"


@pytest.mark.parametrize(("before", "after", "expected"), [("1", "1", []), ("1", "2", ["spec"])])
def test_updates(before: str, after: str, expected: list[str]) -> None:
    old, new = (resource("a: {type: integer}", f"{{a: {value}}}", TRANSITION) for value in (before, after))
    assert [problem.path for problem in validate_update(old, new)] == expected


def test_items_of_maps_are_compared_by_their_keys() -> None:
    fields = (
        "list: {type: array, maxItems: 5, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: "
        "{type: object, required: [k], properties: {k: {type: string}, v: {type: integer}}, "
        "x-kubernetes-validations: [{rule: self.v >= oldSelf.v}]}}"
    )
    old = resource(fields, "{list: [{k: a, v: 1}, {k: b, v: 2}]}")
    new = resource(fields, "{list: [{k: b, v: 1}, {k: c, v: 0}, {k: a, v: 1}]}")
    assert [problem.path for problem in validate_update(old, new)] == ["spec.list[0]"]


def test_what_was_wrong_before_an_update_may_stay() -> None:
    """``CRDValidationRatcheting``: the definition may have become stricter."""
    old = resource("a: {type: string}, b: {type: string}", "{a: wrong, b: x}")
    strict = definition("a: {type: string, maxLength: 2}, b: {type: string, maxLength: 2}")
    known = NO_DEFINITIONS.extended(read(strict).objects)
    for spec, expected in (("{a: wrong, b: z}", []), ("{a: worse, b: x}", ["spec.a"])):
        document = read_text(f"{OBJECT}spec: {spec}", "new.yaml").documents[0]
        assert [problem.path for problem in decode(document, old=old, definitions=known).diagnostics] == expected


def test_the_definition_may_be_in_the_cluster(tmp_path: Any) -> None:
    (tmp_path / "cluster.yaml").write_text(definition("a: {type: integer}"), "utf-8")
    (tmp_path / "wanted.yaml").write_text(f"{OBJECT}spec: {{a: x}}", "utf-8")
    _, problems = Bundle.read([str(tmp_path / "wanted.yaml")], [str(tmp_path / "cluster.yaml")])
    assert [problem.path for problem in problems] == ["spec.a"]


def test_an_existing_resource_is_updated(tmp_path: Any) -> None:
    fields = "a: {type: integer, default: 7}, b: {type: integer}"
    (tmp_path / "cluster.yaml").write_text(f"{definition(fields, TRANSITION)}---\n{OBJECT}spec: {{a: 1}}", "utf-8")
    for spec, expected in (("{a: 1, b: 2}", []), ("{a: 2}", ["spec"])):
        (tmp_path / "wanted.yaml").write_text(f"{OBJECT}spec: {spec}", "utf-8")
        bundle, problems = Bundle.read([str(tmp_path / "wanted.yaml")], [str(tmp_path / "cluster.yaml")])
        assert [problem.path for problem in problems if problem.severity is Severity.ERROR] == expected
    assert len(bundle.existing) == 2
