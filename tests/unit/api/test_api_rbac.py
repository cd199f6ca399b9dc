"""Roles and bindings: one row per rule of pkg/apis/rbac/validation."""

from __future__ import annotations

import pytest

from kverify.api import validate_update
from kverify.api.types.rbac import ClusterRoleBinding, RoleBinding
from tests.unit.api.api_cases import accepted, paths

RULE = "verbs: [get], apiGroups: ['']"
ROLE = "roleRef: {kind: ClusterRole, name: r}"


def text(kind: str, rest: str, name: str = "a") -> str:
    return f"apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: '{name}'}}\n{rest}\n"


@pytest.mark.parametrize(
    ("kind", "rest", "expected"),
    [
        ("Role", f"rules: [{{{RULE}, resources: [pods]}}]", []),
        ("Role", "rules: [{}]", ["rules[0].apiGroups", "rules[0].resources", "rules[0].verbs"]),
        ("Role", f"rules: [{{{RULE}, resources: [pods, nodes], resourceNames: [a]}}]", []),
        ("Role", "rules: [{verbs: [get], nonResourceURLs: [/healthz]}]", ["rules[0].nonResourceURLs"]),
        ("ClusterRole", "rules: [{verbs: [get], nonResourceURLs: [/healthz]}]", []),
        (
            "ClusterRole",
            "rules: [{verbs: [get], nonResourceURLs: [/healthz], resources: [pods]}]",
            ["rules[0].nonResourceURLs"],
        ),
        (
            "ClusterRole",
            "aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: a, operator: Is}]}]}",
            [
                "aggregationRule.clusterRoleSelectors[0]",
                "aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator",
            ],
        ),
        ("RoleBinding", "roleRef: {kind: Role, name: r}", []),
        ("RoleBinding", "roleRef: {kind: Role, name: a/b}", ["roleRef.name"]),
        ("RoleBinding", "roleRef: {kind: Role, name: r, apiGroup: apps}", ["roleRef.apiGroup"]),
        ("ClusterRoleBinding", "roleRef: {kind: Role, name: r}", ["roleRef.kind"]),
        ("ClusterRoleBinding", "{}", ["roleRef.kind", "roleRef.name"]),
        ("RoleBinding", f"{ROLE}\nsubjects: [{{kind: User}}]", ["subjects[0].name"]),
        ("RoleBinding", f"{ROLE}\nsubjects: [{{kind: User, name: a, apiGroup: x}}]", ["subjects[0].apiGroup"]),
        ("RoleBinding", f"{ROLE}\nsubjects: [{{kind: Group, name: 'system:masters'}}]", []),
        ("RoleBinding", f"{ROLE}\nsubjects: [{{kind: ServiceAccount, name: A}}]", ["subjects[0].name"]),
        (
            "RoleBinding",
            f"{ROLE}\nsubjects: [{{kind: ServiceAccount, name: a, apiGroup: x}}]",
            ["subjects[0].apiGroup"],
        ),
        ("RoleBinding", f"{ROLE}\nsubjects: [{{kind: ServiceAccount, name: a}}]", []),
        (
            "ClusterRoleBinding",
            f"{ROLE}\nsubjects: [{{kind: ServiceAccount, name: a}}]",
            ["subjects[0].namespace"],
        ),
    ],
)
def test_creation(kind: str, rest: str, expected: list[str]) -> None:
    document = text(kind, rest).replace("\n{}\n", "\n")
    assert sorted(paths(document)) == expected


@pytest.mark.parametrize(("name", "fine"), [("a:b", True), ("A_b", True), ("a/b", False), ("..", False), ("a%", False)])
def test_a_role_may_have_any_name_that_fits_into_a_path(name: str, fine: bool) -> None:
    assert paths(text("Role", "rules: []", name)) == ([] if fine else ["metadata.name"])


@pytest.mark.parametrize("kind", ["RoleBinding", "ClusterRoleBinding"])
def test_the_role_of_a_binding_stays(kind: str) -> None:
    old = accepted(text(kind, ROLE))
    new = accepted(text(kind, "roleRef: {kind: ClusterRole, name: other}"))
    assert [item.path for item in validate_update(old, new)] == ["roleRef"]
    assert not validate_update(old, accepted(text(kind, ROLE + "\nsubjects: [{kind: User, name: u}]")))


@pytest.mark.parametrize(
    ("kind", "group"), [("User", "rbac.authorization.k8s.io"), ("Group", "rbac.authorization.k8s.io")]
)
def test_the_group_of_users_is_filled_in(kind: str, group: str) -> None:
    found = accepted(text("RoleBinding", f"{ROLE}\nsubjects: [{{kind: {kind}, name: a}}]"))
    assert isinstance(found, (RoleBinding, ClusterRoleBinding))
    assert found.role_ref.api_group == "rbac.authorization.k8s.io"
    assert found.subjects[0].api_group == group


def test_accounts_are_in_no_group() -> None:
    found = accepted(text("RoleBinding", f"{ROLE}\nsubjects: [{{kind: ServiceAccount, name: a}}]"))
    assert isinstance(found, RoleBinding)
    assert not found.subjects[0].api_group
