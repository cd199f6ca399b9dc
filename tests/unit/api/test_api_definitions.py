"""CustomResourceDefinitions: defaults, and every rule at the path that the API server prints."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from kverify.api.decode import decode
from kverify.api.encode import to_plain
from kverify.api.validation import validate_update
from kverify.manifest import Severity, read_text

Plain = dict[str, Any]
ROOT = "spec.validation.openAPIV3Schema"
SPEC = f"{ROOT}.properties[spec]"


def definition(spec: str = "{type: object}", **changes: Any) -> Plain:
    """A definition whose one version describes ``spec`` like this; ``changes`` replace fields of its spec."""
    version = {"name": "v1", "served": True, "storage": True, "schema": schema(spec)}
    fields = {
        "group": "e.com",
        "names": {"plural": "foos", "kind": "Foo"},
        "scope": "Namespaced",
        "versions": [version],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "foos.e.com"},
        "spec": {**fields, **changes},
    }


def schema(spec: str) -> Plain:
    return {"openAPIV3Schema": {"type": "object", "properties": {"spec": yaml.safe_load(spec)}}}


def root(text: str) -> Plain:
    return {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": yaml.safe_load(text)}}


def paths(plain: Plain, version: str = "1.36") -> list[str]:
    decoded = decode(read_text(yaml.safe_dump(plain), "crd.yaml").documents[0], version)
    return sorted({problem.path for problem in decoded.diagnostics if problem.severity is Severity.ERROR})


def test_defaults() -> None:
    given = definition(conversion={"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"]}})
    given["spec"]["conversion"]["webhook"]["clientConfig"] = {"service": {"namespace": "a", "name": "b"}}
    stored = decode(read_text(yaml.safe_dump(given), "crd.yaml").documents[0]).object
    assert stored is not None
    plain = to_plain(stored)
    assert plain["spec"]["names"] == {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"}
    assert plain["spec"]["conversion"]["webhook"]["clientConfig"]["service"]["port"] == 443
    assert plain["status"]["storedVersions"] == ["v1"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"group": ""}, ["metadata.name", "spec.group"]),
        ({"group": "ecom"}, ["metadata.name", "spec.group"]),
        ({"scope": "Global"}, ["spec.scope"]),
        ({"scope": None}, ["spec.scope"]),
        ({"names": {"plural": "foos"}}, ["spec.names.kind", "spec.names.listKind", "spec.names.singular"]),
        ({"names": {"plural": "foos", "kind": "Foo", "listKind": "Foo"}}, ["spec.names.listKind"]),
        (
            {"names": {"plural": "foos", "kind": "F_o"}},
            ["spec.names.kind", "spec.names.listKind", "spec.names.singular"],
        ),
        (
            {"names": {"plural": "foos", "kind": "Foo", "shortNames": ["f", "F"], "categories": ["1"]}},
            ["spec.names.categories[0]", "spec.names.shortNames[1]"],
        ),
        ({"preserveUnknownFields": True}, ["spec.preserveUnknownFields"]),
        ({"conversion": {}}, ["spec.conversion.strategy"]),
        ({"conversion": {"strategy": "Magic"}}, ["spec.conversion.strategy"]),
        (
            {"conversion": {"strategy": "Webhook"}},
            ["spec.conversion.conversionReviewVersions", "spec.conversion.webhookClientConfig"],
        ),
        (
            {
                "conversion": {
                    "strategy": "Webhook",
                    "webhook": {"conversionReviewVersions": ["v2"], "clientConfig": {}},
                }
            },
            ["spec.conversion.conversionReviewVersions", "spec.conversion.webhookClientConfig"],
        ),
        (
            {
                "conversion": {
                    "strategy": "Webhook",
                    "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"url": "http://a"}},
                }
            },
            ["spec.conversion.webhookClientConfig.url"],
        ),
        (
            {
                "conversion": {
                    "strategy": "None",
                    "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"url": "https://a"}},
                }
            },
            ["spec.conversion.conversionReviewVersions", "spec.conversion.webhookClientConfig"],
        ),
    ],
    ids=str,
)
def test_fields_of_the_spec(changes: Plain, expected: list[str]) -> None:
    assert paths(definition(**changes)) == expected


@pytest.mark.parametrize(
    ("group", "annotation", "accepted"),
    [
        ("apps.k8s.io", None, False),
        ("apps.k8s.io", "https://github.com/kubernetes/enhancements/pull/1", True),
        ("apps.k8s.io", "unapproved, experimental-only", True),
        ("apps.kubernetes.io", "yes", False),
        ("k8s.io", "/path", False),
        ("apps.x-k8s.io", None, True),
    ],
)
def test_groups_of_the_project_need_an_approval(group: str, annotation: str | None, accepted: bool) -> None:
    given = definition(group=group)
    given["metadata"]["name"] = f"foos.{group}"
    if annotation is not None:
        given["metadata"]["annotations"] = {"api-approved.kubernetes.io": annotation}
    assert paths(given) == ([] if accepted else ["metadata.annotations[api-approved.kubernetes.io]"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "V1"}, ["spec.version", "spec.versions[0].name"]),
        ({"schema": None}, ["spec.versions[0].schema.openAPIV3Schema"]),
        ({"storage": False}, ["spec.versions", "status.storedVersions"]),
        ({"deprecationWarning": "gone soon"}, ["spec.versions[0].deprecationWarning"]),
        ({"deprecated": True, "deprecationWarning": "gone soon"}, []),
        ({"deprecated": True, "deprecationWarning": ""}, ["spec.versions[0].deprecationWarning"]),
        ({"deprecated": True, "deprecationWarning": "a\nb"}, ["spec.versions[0].deprecationWarning"]),
        (
            {"subresources": {"scale": {"specReplicasPath": "spec.n", "statusReplicasPath": ".spec.n"}}},
            ["spec.subresources.scale.specReplicasPath", "spec.subresources.scale.statusReplicasPath"],
        ),
        (
            {"subresources": {"scale": {"labelSelectorPath": ".metadata.a"}}},
            [
                "spec.subresources.scale.labelSelectorPath",
                "spec.subresources.scale.specReplicasPath",
                "spec.subresources.scale.statusReplicasPath",
            ],
        ),
        (
            {"additionalPrinterColumns": [{"name": "", "type": "text", "jsonPath": "spec"}, {"name": "a"}]},
            [
                "spec.additionalPrinterColumns[0].JSONPath",
                "spec.additionalPrinterColumns[0].name",
                "spec.additionalPrinterColumns[0].type",
                "spec.additionalPrinterColumns[1].JSONPath",
                "spec.additionalPrinterColumns[1].type",
            ],
        ),
        ({"selectableFields": [{"jsonPath": ".spec.a"}]}, ["spec.selectableFields[0].jsonPath"]),
        ({"selectableFields": [{"jsonPath": ".spec"}]}, ["spec.selectableFields[0].jsonPath"]),
        ({"selectableFields": [{"jsonPath": ""}]}, ["spec.selectableFields[0].jsonPath"]),
    ],
    ids=str,
)
def test_one_version(change: Plain, expected: list[str]) -> None:
    given = definition()
    given["spec"]["versions"][0].update(change)
    assert paths(given) == expected


def test_what_versions_do_not_have_in_common_stays_with_them() -> None:
    given = definition("{type: object, properties: {a: {}}}")
    second = copy.deepcopy(given["spec"]["versions"][0]) | {"name": "v2", "storage": False}
    given["spec"]["versions"].append(second)
    assert paths(given) == [f"{SPEC}.properties[a].type"]
    second["schema"] = schema("{type: object, properties: {b: {}}}")
    versioned = "spec.versions[{}].schema.openAPIV3Schema.properties[spec].properties[{}].type"
    assert paths(given) == [versioned.format(0, "a"), versioned.format(1, "b")]


def test_two_versions_of_one_name() -> None:
    given = definition()
    given["spec"]["versions"] *= 2
    assert paths(given) == ["spec.versions"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{type: object}", []),
        ("{}", ["type"]),
        ("{type: objekt}", ["type"]),
        ("{x-kubernetes-preserve-unknown-fields: true}", []),
        ("{x-kubernetes-int-or-string: true}", []),
        ("{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}", []),
        ("{x-kubernetes-int-or-string: true, allOf: [{anyOf: [{type: integer}, {type: string}]}]}", []),
        (
            "{x-kubernetes-int-or-string: true, anyOf: [{type: string}, {type: integer}]}",
            ["anyOf[0].type", "anyOf[1].type"],
        ),
        ("{type: array}", ["items"]),
        ("{type: array, items: {}}", ["items.type"]),
        ("{type: array, items: {type: string}, uniqueItems: true}", ["uniqueItems"]),
        ("{type: object, additionalProperties: {}}", ["additionalProperties.type"]),
        ("{type: object, properties: {a: {type: string}}, additionalProperties: false}", ["additionalProperties"]),
        ("{type: string, pattern: 'a('}", ["pattern"]),
        ("{type: string, pattern: '(?=a)'}", ["pattern"]),
        ("{type: 'null'}", ["type"]),
        ("{type: string, id: x}", ["id"]),
        ("{type: object, $ref: '#/a'}", ["$ref"]),
        ("{type: object, anyOf: [{required: [a]}]}", []),
        (
            "{type: object, not: {description: x, nullable: true, default: 1}}",
            ["not.default", "not.description", "not.nullable"],
        ),
        ("{type: object, x-kubernetes-preserve-unknown-fields: false}", ["x-kubernetes-preserve-unknown-fields"]),
        ("{type: object, x-kubernetes-embedded-resource: true}", ["properties"]),
        ("{type: string, x-kubernetes-embedded-resource: true}", ["properties", "type"]),
        ("{type: object, x-kubernetes-map-type: set}", ["x-kubernetes-map-type"]),
        ("{x-kubernetes-int-or-string: true, x-kubernetes-map-type: atomic}", ["type"]),
        ("{type: object, x-kubernetes-list-type: set}", ["type"]),
        ("{type: array, items: {type: object}, x-kubernetes-list-type: set}", ["items.x-kubernetes-map-type"]),
        ("{type: array, items: {type: string, nullable: true}, x-kubernetes-list-type: set}", ["items.nullable"]),
        ("{type: array, items: {type: object}, x-kubernetes-list-type: map}", ["x-kubernetes-list-map-keys"]),
        (
            "{type: array, items: {type: object, properties: {k: {type: string}}}, "
            "x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k]}",
            ["items.properties[k].default"],
        ),
        (
            "{type: array, items: {type: object, required: [k], properties: {k: {type: object}}}, "
            "x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k, k, l]}",
            ["items.properties[k].type", "x-kubernetes-list-map-keys"],
        ),
        (
            "{type: array, items: {type: string}, x-kubernetes-list-map-keys: [k]}",
            ["x-kubernetes-list-type"],
        ),
    ],
    ids=str,
)
def test_schemas(spec: str, expected: list[str]) -> None:
    assert paths(definition(spec)) == [f"{SPEC}.{path}" for path in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{type: array, items: {type: string}}", [f"{ROOT}.type"]),
        ("{type: object, nullable: true}", [f"{ROOT}.nullable"]),
        ("{type: object, additionalProperties: {type: string}}", [f"{ROOT}.additionalProperties"]),
        ("{type: object, properties: {metadata: {type: object, properties: {name: {type: string}}}}}", []),
        (
            "{type: object, properties: {metadata: {type: object, properties: {labels: {type: object}}}}}",
            [f"{ROOT}.properties[metadata]"],
        ),
        ("{type: object, properties: {kind: {type: integer}}}", [f"{ROOT}.properties[kind].type"]),
        (
            "{type: object, properties: {apiVersion: {type: string, default: x}}}",
            [f"{ROOT}.properties[apiVersion].default"],
        ),
        ("{type: object, anyOf: [{properties: {a: {minimum: 1}}}]}", [f"{ROOT}.properties[a]"]),
        (
            "{type: object, anyOf: [{properties: {metadata: {}}}]}",
            [f"{ROOT}.anyOf[0].properties[metadata]", f"{ROOT}.properties[metadata]"],
        ),
    ],
    ids=str,
)
def test_roots_of_schemas(text: str, expected: list[str]) -> None:
    assert paths(definition(versions=[root(text)])) == expected


def test_with_a_status_the_root_says_little() -> None:
    given = definition(versions=[root("{type: object, minProperties: 1}") | {"subresources": {"status": {}}}])
    assert paths(given) == [ROOT]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("{type: integer, default: 3}", []),
        ("{type: integer, default: a}", ["default"]),
        ("{type: integer, default: 3, maximum: 2}", ["default"]),
        ("{type: object, default: {x: 1}}", ["default"]),
        ("{type: object, default: {x: y}, properties: {x: {type: integer}}}", ["default.x"]),
        ("{type: array, items: {type: string}, default: [a, 1]}", ["default[1]"]),
        ("{type: object, required: [x], properties: {x: {type: string}}, default: {}}", ["default.x"]),
        ("{type: string, enum: [a, b], default: c}", ["default"]),
        ("{type: string, default: b, x-kubernetes-validations: [{rule: self == 'a'}]}", ["default"]),
        ("{type: string, default: a, x-kubernetes-validations: [{rule: self == 'a'}]}", []),
        (
            "{type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true, "
            "default: {kind: Pod}}",
            ["default.apiVersion"],
        ),
        (
            "{type: object, x-kubernetes-embedded-resource: true, properties: "
            "{metadata: {type: object, properties: {name: {type: string, default: 'a/b'}}}}}",
            ["properties[metadata].properties[name].default"],
        ),
    ],
    ids=str,
)
def test_defaults_in_schemas(field: str, expected: list[str]) -> None:
    assert paths(definition(f"{{type: object, properties: {{a: {field}}}}}")) == [
        f"{SPEC}.properties[a].{path}" for path in expected
    ]


RULES = f"{SPEC}.x-kubernetes-validations[0]"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{rule: self.num > 1}", []),
        ("{rule: ' '}", ["rule"]),
        ("{rule: self.num}", ["rule"]),
        ("{rule: self.m > 1}", ["rule"]),
        ("{rule: 'self.num >'}", ["rule"]),
        ("{rule: self.num > 1, message: ' '}", ["message"]),
        ('{rule: self.num > 1, message: "a\\nb"}', ["message"]),
        ('{rule: "self.num >\\n1"}', ["message"]),
        ('{rule: "self.num >\\n1", message: must be}', []),
        ("{rule: self.num > 1, messageExpression: ' '}", ["messageExpression"]),
        ("{rule: self.num > 1, messageExpression: self.num}", ["messageExpression"]),
        ("{rule: self.num > 1, messageExpression: string(self.num)}", []),
        ("{rule: self.num > 1, reason: Bad}", ["reason"]),
        ("{rule: self.num > 1, reason: FieldValueForbidden}", []),
        ("{rule: self.num > 1, fieldPath: .num}", []),
        ("{rule: self.num > 1, fieldPath: num}", ["fieldPath"]),
        ("{rule: self.num > 1, fieldPath: .m}", ["fieldPath"]),
        ("{rule: self.num > 1, fieldPath: \".labels['a/b']\"}", []),
        ("{rule: self.num > oldSelf.num}", []),
        ("{rule: self.num > 1, optionalOldSelf: true}", ["optionalOldSelf"]),
        ("{rule: 'oldSelf.hasValue()', optionalOldSelf: true}", []),
        ("{rule: 'self.texts.all(t, self.texts.all(u, t.contains(u)))'}", ["rule"]),
        ("{rule: self.when < timestamp('2020-01-01T00:00:00Z')}", []),
    ],
    ids=str,
)
def test_rules(rule: str, expected: list[str]) -> None:
    fields = (
        "num: {type: integer}, labels: {type: object, additionalProperties: {type: string}}, "
        "texts: {type: array, items: {type: string}}, when: {type: string, format: date-time}"
    )
    found = paths(definition(f"{{type: object, x-kubernetes-validations: [{rule}], properties: {{{fields}}}}}"))
    assert [path for path in found if path != ROOT] == [f"{RULES}.{path}" for path in expected]


def test_rules_in_lists_that_are_no_maps_cannot_look_back() -> None:
    spec = (
        "{type: object, properties: {a: {type: array, maxItems: 5, items: "
        "{type: string, maxLength: 5, x-kubernetes-validations: [{rule: self == oldSelf}]}}}}"
    )
    assert paths(definition(spec)) == [f"{SPEC}.properties[a].items.x-kubernetes-validations[0].rule"]


def test_all_rules_together_can_be_too_expensive() -> None:
    rule = "{rule: 'self.all(a, a.contains(a))'}"
    lists = ", ".join(
        f"{name}: {{type: array, maxItems: 100, items: {{type: string, maxLength: 500}}, "
        f"x-kubernetes-validations: [{', '.join([rule] * 20)}]}}"
        for name in "abcdefghij"
    )
    found = paths(definition(f"{{type: object, properties: {{{lists}}}}}"))
    assert ROOT in found
    assert len(found) == 5


def test_the_span_of_a_rule_is_the_wrong_part_of_it() -> None:
    text = yaml.safe_dump(definition("{type: object, x-kubernetes-validations: [{rule: self.m > 1}]}"))
    (problem,) = decode(read_text(text, "crd.yaml").documents[0]).diagnostics
    line = text.splitlines()[problem.span.line - 1]
    assert line[problem.span.column - 1 : problem.span.end_column - 1] == "m"


def test_formats_that_are_not_checked_are_told() -> None:
    field = "{type: string, format: k8s-short-name}"
    text = yaml.safe_dump(definition(f"{{type: object, properties: {{a: {field}, b: {field}}}}}"))
    for version, count in (("1.34", 1), ("1.35", 0)):
        assert len(decode(read_text(text, "crd.yaml").documents[0], version).diagnostics) == count


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"group": "f.com"}, ["spec.group"]),
        ({"names": {"plural": "bars", "kind": "Foo"}}, ["spec.names.plural"]),
        ({"scope": "Cluster"}, ["spec.scope"]),
        ({"names": {"plural": "foos", "kind": "Bar"}}, ["spec.names.kind"]),
        ({"versions": [root("{type: object}") | {"name": "v2"}]}, ["status.storedVersions[0]"]),
    ],
    ids=str,
)
def test_updates(change: Plain, expected: list[str]) -> None:
    stored = definition()
    stored["status"] = {
        "conditions": [{"type": "Established", "status": "True"}],
        "storedVersions": ["v1"],
        "acceptedNames": stored["spec"]["names"],
    }
    old = decode(read_text(yaml.safe_dump(stored), "old.yaml").documents[0]).object
    changed = definition(**change)
    names = changed["spec"]["names"]
    changed["metadata"]["name"] = f"{names['plural']}.{changed['spec']['group']}"
    new = decode(read_text(yaml.safe_dump(changed), "new.yaml").documents[0]).object
    assert old is not None
    assert new is not None
    if new.metadata.name != old.metadata.name:
        with pytest.raises(ValueError, match="not one object"):
            validate_update(old, new)
        return
    assert [problem.path for problem in validate_update(old, new)] == expected
