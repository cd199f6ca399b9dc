"""Roles and bindings (``pkg/apis/rbac/validation/validation.go``)."""

from __future__ import annotations

from kverify.api.types.rbac import (
    ClusterRole,
    ClusterRoleBinding,
    PolicyRule,
    Role,
    RoleBinding,
    RoleRef,
    Subject,
)
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format, check_metadata, check_selector
from kverify.api.validation.report import IMMUTABLE, SELECTOR, Path, Report

GROUP = "rbac.authorization.k8s.io"
SUBJECTS = ("ServiceAccount", "User", "Group")

_METADATA = Path().child("metadata")


def check_role(role: Role, report: Report) -> None:
    check_metadata(role.metadata, _METADATA, report, formats.path_segment, namespaced=True)
    for here, rule in Path().child("rules").each(role.rules):
        _check_rule(rule, here, report, namespaced=True)


def check_cluster_role(role: ClusterRole, report: Report) -> None:
    check_metadata(role.metadata, _METADATA, report, formats.path_segment, namespaced=False)
    for here, rule in Path().child("rules").each(role.rules):
        _check_rule(rule, here, report, namespaced=False)
    if role.aggregation_rule is None:
        return
    place = Path().child("aggregationRule", "clusterRoleSelectors")
    if not role.aggregation_rule.cluster_role_selectors:
        report.required(place, "The aggregation rule selects no roles.", "add a selector, or remove aggregationRule")
    for here, selector in place.each(role.aggregation_rule.cluster_role_selectors):
        if not check_selector(selector, here, report):
            report.error(SELECTOR, here, "The selector cannot be used.")


def _check_rule(rule: PolicyRule, path: Path, report: Report, *, namespaced: bool) -> None:
    if not rule.verbs:
        report.required(path.child("verbs"), "The rule allows no verbs.", "add verbs")
    if rule.non_resource_urls:
        urls = path.child("nonResourceURLs")
        if namespaced:
            report.invalid(urls, "URLs are in no namespace.", "put the rule into a ClusterRole")
        if rule.api_groups or rule.resources or rule.resource_names:
            report.invalid(urls, "A rule is about resources or about URLs, not both.", "make it two rules")
        return
    if not rule.api_groups:
        report.required(path.child("apiGroups"), "The rule names no API group.", 'the core group is apiGroups: [""]')
    if not rule.resources:
        report.required(path.child("resources"), "The rule names no resources.")


def check_role_binding(binding: RoleBinding, report: Report) -> None:
    check_metadata(binding.metadata, _METADATA, report, formats.path_segment, namespaced=True)
    _check_reference(binding.role_ref, ("Role", "ClusterRole"), report)
    for here, subject in Path().child("subjects").each(binding.subjects):
        _check_subject(subject, here, report, namespaced=True)


def check_cluster_role_binding(binding: ClusterRoleBinding, report: Report) -> None:
    check_metadata(binding.metadata, _METADATA, report, formats.path_segment, namespaced=False)
    _check_reference(binding.role_ref, ("ClusterRole",), report)
    for here, subject in Path().child("subjects").each(binding.subjects):
        _check_subject(subject, here, report, namespaced=False)


def _check_reference(role: RoleRef, kinds: tuple[str, ...], report: Report) -> None:
    path = Path().child("roleRef")
    if role.api_group != GROUP:
        report.unsupported(path.child("apiGroup"), role.api_group, (GROUP,))
    if role.kind not in kinds:
        report.unsupported(path.child("kind"), role.kind, kinds)
    if not role.name:
        report.required(path.child("name"), "The binding names no role.")
    else:
        check_format(role.name, path.child("name"), report, formats.path_segment)


def _check_subject(subject: Subject, path: Path, report: Report, *, namespaced: bool) -> None:
    if not subject.name:
        report.required(path.child("name"))
    group = path.child("apiGroup")
    if subject.kind == "ServiceAccount":
        if subject.name:
            check_format(subject.name, path.child("name"), report, formats.dns_subdomain)
        if subject.api_group:
            report.unsupported(group, subject.api_group, ("",))
        if not namespaced and not subject.namespace:
            report.required(path.child("namespace"), "The binding is in no namespace, so the account names its own.")
    elif subject.kind in SUBJECTS:
        if subject.api_group != GROUP:
            report.unsupported(group, subject.api_group, (GROUP,))
    else:
        report.unsupported(path.child("kind"), subject.kind, SUBJECTS)


def update_binding(
    new: RoleBinding | ClusterRoleBinding, old: RoleBinding | ClusterRoleBinding, report: Report
) -> None:
    if new.role_ref != old.role_ref:
        message = "The role of a binding cannot be changed."
        report.error(IMMUTABLE, Path().child("roleRef"), message, "delete the binding and create it again")
