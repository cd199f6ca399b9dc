"""Admission policies, bindings and webhooks: defaults, and every rule at the path that the API server prints."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from kverify.api.decode import decode
from kverify.api.encode import to_plain
from kverify.manifest import Diagnostic, Severity, read_text

Plain = dict[str, Any]
RULE = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}


def make(kind: str, **body: Any) -> Plain:
    metadata = {"name": "a.example.com"}
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": metadata, **body}


def validating(**changes: Any) -> Plain:
    spec = {"matchConstraints": {"resourceRules": [RULE]}, "validations": [{"expression": "object.spec.replicas > 1"}]}
    return make("ValidatingAdmissionPolicy", spec={**spec, **changes})


def mutating(
    expression: str = "Object{spec: Object.spec{replicas: 1}}", kind: str = "applyConfiguration", **changes: Any
) -> Plain:
    patch_type = {"applyConfiguration": "ApplyConfiguration", "jsonPatch": "JSONPatch"}[kind]
    spec = {
        "matchConstraints": {"resourceRules": [RULE]},
        "reinvocationPolicy": "Never",
        "mutations": [{"patchType": patch_type, kind: {"expression": expression}}],
    }
    return make("MutatingAdmissionPolicy", spec={**spec, **changes})


def webhook(kind: str = "ValidatingWebhookConfiguration", **changes: Any) -> Plain:
    hook = {
        "name": "a.b.example",
        "clientConfig": {"url": "https://a.b/c"},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "rules": [RULE],
    }
    return make(kind, webhooks=[{**hook, **changes}])


def problems(plain: Plain) -> list[Diagnostic]:
    return list(decode(read_text(yaml.safe_dump(plain), "policy.yaml").documents[0]).diagnostics)


def paths(plain: Plain) -> list[str]:
    return sorted({problem.path for problem in problems(plain) if problem.severity is Severity.ERROR})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"validations": []}, ["spec.auditAnnotations", "spec.validations"]),
        ({"matchConstraints": None}, ["spec.matchConstraints"]),
        ({"failurePolicy": "Retry"}, ["spec.failurePolicy"]),
        ({"validations": [{"expression": " "}]}, ["spec.validations[0].expression"]),
        ({"validations": [{"expression": "object.spec.replicas +"}]}, ["spec.validations[0].expression"]),
        ({"validations": [{"expression": "1"}]}, ["spec.validations[0].expression"]),
        ({"validations": [{"expression": "params.x == 1"}]}, ["spec.validations[0].expression"]),
        (
            {"validations": [{"expression": "params.x == 1"}], "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}},
            [],
        ),
        (
            {"validations": [{"expression": "true", "messageExpression": "1"}]},
            ["spec.validations[0].messageExpression"],
        ),
        ({"validations": [{"expression": "true", "messageExpression": "'a' + object.kind"}]}, []),
        ({"validations": [{"expression": "true", "reason": "Bad"}]}, ["spec.validations[0].reason"]),
        ({"variables": [{"name": "a", "expression": "1"}], "validations": [{"expression": "variables.a == 1"}]}, []),
        (
            {"variables": [{"name": "a", "expression": "1"}], "validations": [{"expression": "variables.b == 1"}]},
            ["spec.validations[0].expression"],
        ),
        (
            {"variables": [{"name": "a", "expression": "variables.b"}, {"name": "b", "expression": "1"}]},
            ["spec.variables[0].expression"],
        ),
        ({"variables": [{"name": "a-b", "expression": "1"}]}, ["spec.variables[0].name"]),
        ({"matchConditions": [{"name": "a", "expression": "1"}]}, ["spec.matchConditions[0].expression"]),
        ({"matchConditions": [{"name": "", "expression": "true"}]}, ["spec.matchConditions[0].name"]),
        ({"auditAnnotations": [{"key": "a", "valueExpression": "1"}]}, ["spec.auditAnnotations[0].valueExpression"]),
        ({"auditAnnotations": [{"key": "a", "valueExpression": "'x'"}], "validations": []}, []),
        ({"paramKind": {"apiVersion": "v1"}}, ["spec.paramKind.kind"]),
    ],
    ids=str,
)
def test_validating_policies(changes: Plain, expected: list[str]) -> None:
    assert paths(validating(**changes)) == expected


@pytest.mark.parametrize(
    ("expression", "kind", "accepted"),
    [
        ("Object{spec: Object.spec{replicas: object.spec.replicas + 1}}", "applyConfiguration", True),
        ("object.spec.replicas", "applyConfiguration", False),
        ("true", "applyConfiguration", False),
        ("[JSONPatch{op: 'add', path: '/a', value: 1}]", "jsonPatch", True),
        ("[JSONPatch{op: 'add', path: '/' + jsonpatch.escapeKey('a/b'), value: 1}]", "jsonPatch", True),
        ("[JSONPatch{op: 1}]", "jsonPatch", False),
        ("JSONPatch{op: 'add'}", "jsonPatch", False),
    ],
)
def test_mutations(expression: str, kind: str, accepted: bool) -> None:
    assert paths(mutating(expression, kind)) == ([] if accepted else [f"spec.mutations[0].{kind}.expression"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"mutations": []}, ["spec.mutations"]),
        ({"reinvocationPolicy": "Often"}, ["spec.reinvocationPolicy"]),
        ({"reinvocationPolicy": None}, ["spec.reinvocationPolicy"]),
        ({"mutations": [{"patchType": "JSONPatch"}]}, ["spec.mutations[0].jsonPatch"]),
    ],
    ids=str,
)
def test_mutating_policies(changes: Plain, expected: list[str]) -> None:
    assert paths(mutating(**changes)) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"policyName": "a", "validationActions": ["Deny"]}, []),
        ({"validationActions": ["Deny"]}, ["spec.policyName"]),
        ({"policyName": "a"}, ["spec.validationActions"]),
        ({"policyName": "a", "validationActions": ["Deny", "Warn"]}, ["spec.validationActions"]),
        ({"policyName": "a", "validationActions": ["Deny", "Deny"]}, ["spec.validationActions[1]"]),
        ({"policyName": "a", "validationActions": ["Block"]}, ["spec.validationActions[0]"]),
        (
            {"policyName": "a", "validationActions": ["Deny"], "paramRef": {"name": "p"}},
            ["spec.paramRef.parameterNotFoundAction"],
        ),
        (
            {
                "policyName": "a",
                "validationActions": ["Deny"],
                "paramRef": {"name": "p", "selector": {}, "parameterNotFoundAction": "Allow"},
            },
            ["spec.paramRef.name", "spec.paramRef.selector"],
        ),
    ],
    ids=str,
)
def test_bindings(spec: Plain, expected: list[str]) -> None:
    assert paths(make("ValidatingAdmissionPolicyBinding", spec=spec)) == expected


@pytest.mark.parametrize("kind", ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"])
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"name": "a.b"}, ["name"]),
        ({"sideEffects": "Some"}, ["sideEffects"]),
        ({"sideEffects": None}, ["sideEffects"]),
        ({"admissionReviewVersions": []}, ["admissionReviewVersions"]),
        ({"admissionReviewVersions": ["v2"]}, ["admissionReviewVersions"]),
        ({"admissionReviewVersions": ["v1", "v1"]}, ["admissionReviewVersions[1]"]),
        ({"timeoutSeconds": 31}, ["timeoutSeconds"]),
        ({"failurePolicy": "No"}, ["failurePolicy"]),
        ({"clientConfig": {}}, ["clientConfig"]),
        ({"clientConfig": {"url": "http://a"}}, ["clientConfig.url"]),
        ({"clientConfig": {"url": "https://u@a/b?c#d"}}, ["clientConfig.url"]),
        ({"clientConfig": {"service": {"namespace": "a", "name": "b", "port": 0}}}, ["clientConfig.service.port"]),
        ({"clientConfig": {"service": {"namespace": "a", "name": "b", "path": "x"}}}, ["clientConfig.service.path"]),
        ({"rules": [{**RULE, "operations": []}]}, ["rules[0].operations"]),
        ({"rules": [{**RULE, "operations": ["*", "CREATE"]}]}, ["rules[0].operations"]),
        ({"rules": [{**RULE, "apiGroups": []}]}, ["rules[0].apiGroups"]),
        ({"rules": [{**RULE, "apiVersions": [""]}]}, ["rules[0].apiVersions[0]"]),
        ({"rules": [{**RULE, "resources": ["pods/*", "pods/status"]}]}, ["rules[0].resources[1]"]),
        ({"rules": [{**RULE, "resources": ["*/*", "pods"]}]}, ["rules[0].resources"]),
        ({"rules": [{**RULE, "scope": "Node"}]}, ["rules[0].scope"]),
        ({"matchConditions": [{"name": "a", "expression": "object."}]}, ["matchConditions[0].expression"]),
        ({"matchConditions": [{"name": "a", "expression": "true"}] * 2}, ["matchConditions[1].name"]),
        ({"namespaceSelector": {"matchLabels": {"a": "b c"}}}, ["namespaceSelector.matchLabels"]),
    ],
    ids=str,
)
def test_webhooks(kind: str, changes: Plain, expected: list[str]) -> None:
    assert paths(webhook(kind, **changes)) == [f"webhooks[0].{path}" for path in expected]


def test_webhooks_have_names_of_their_own() -> None:
    given = webhook()
    given["webhooks"].append(copy.deepcopy(given["webhooks"][0]))
    assert paths(given) == ["webhooks[1].name"]


def test_defaults() -> None:
    given = webhook("MutatingWebhookConfiguration", clientConfig={"service": {"namespace": "a", "name": "b"}})
    stored = decode(read_text(yaml.safe_dump(given), "a.yaml").documents[0]).object
    assert stored is not None
    (hook,) = to_plain(stored)["webhooks"]
    assert hook["clientConfig"]["service"]["port"] == 443
    assert hook["rules"][0]["scope"] == "*"
    assert {name: hook[name] for name in ("failurePolicy", "matchPolicy", "timeoutSeconds", "reinvocationPolicy")} == {
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "timeoutSeconds": 10,
        "reinvocationPolicy": "Never",
    }
    assert hook["namespaceSelector"] == hook["objectSelector"] == {}


def test_the_span_is_the_part_of_the_expression_that_is_wrong() -> None:
    text = yaml.safe_dump(validating(validations=[{"expression": "objekt.spec.replicas > 1"}]))
    (problem,) = decode(read_text(text, "a.yaml").documents[0]).diagnostics
    line = text.splitlines()[problem.span.line - 1]
    assert line[problem.span.column - 1 : problem.span.end_column - 1] == "objekt"
    assert problem.mend == "did you mean object?"
