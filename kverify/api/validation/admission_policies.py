"""Admission policies and their bindings (``pkg/apis/admissionregistration/validation``).

Expressions are compiled as the API server does it on creation; what they do to an object is not known yet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kverify.api.cel import Environment, types
from kverify.api.cel.admission import admission_environment, composed_type, with_composition
from kverify.api.cel.parser import RESERVED
from kverify.api.cel.types import Type
from kverify.api.types.admission import (
    AuditAnnotation,
    MatchResources,
    MutatingAdmissionPolicy,
    MutatingAdmissionPolicyBinding,
    Mutation,
    NamedRuleWithOperations,
    ParamKind,
    ParamRef,
    PolicyValidation,
    PolicyVariable,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
)
from kverify.api.validation import formats
from kverify.api.validation.expressions import check_result, compile_expression, trimmed
from kverify.api.validation.metadata import check_format, check_metadata, check_selector
from kverify.api.validation.report import DUPLICATE, NAME, OUT_OF_RANGE, Path, Report
from kverify.api.validation.webhooks import (
    FAILURE_POLICIES,
    MATCH_POLICIES,
    REINVOCATION_POLICIES,
    check_match_conditions,
    check_rule,
)

MAX_AUDIT_ANNOTATIONS = 20
MAX_AUDIT_EXPRESSION = 5 * 1024

_SPEC = Path().child("spec")
_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge")
_ACTIONS = ("Audit", "Deny", "Warn")
_PATCH_TYPES = ("ApplyConfiguration", "JSONPatch")
_MUTATED_OPERATIONS = ("*", "CREATE", "UPDATE")
_IDENTIFIER = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*", re.ASCII)

_APPLY_CONFIGURATION = types.object_named("Object")
_JSON_PATCHES = types.list_of(types.object_named("JSONPatch"))


def check_validating_policy(policy: ValidatingAdmissionPolicy, report: Report) -> None:
    check_metadata(
        policy.metadata, Path().child("metadata"), report, formats.dns_subdomain, namespaced=False, finalizers=False
    )
    spec = policy.spec
    _check_common(spec.failure_policy, spec.param_kind, spec.match_constraints, report)
    params = spec.param_kind is not None
    check_match_conditions(spec.match_conditions, _SPEC.child("matchConditions"), report, params=params)
    environments = _Environments(report.version, params)
    environments.add_variables(spec.variables, report)
    validations, annotations = _SPEC.child("validations"), _SPEC.child("auditAnnotations")
    if not spec.validations and not spec.audit_annotations:
        for path in (validations, annotations):
            report.required(path, "The policy has neither validations nor auditAnnotations.", "add one of them")
        return
    for here, validation in validations.each(spec.validations):
        _check_validation(validation, environments, here, report)
    if len(spec.audit_annotations) > MAX_AUDIT_ANNOTATIONS:
        message = f"There are {len(spec.audit_annotations)} audit annotations; the most is {MAX_AUDIT_ANNOTATIONS}."
        report.error(OUT_OF_RANGE, annotations, message)
    seen: set[str] = set()
    for here, annotation in annotations.each(spec.audit_annotations):
        _check_annotation(annotation, policy.metadata.name, environments, here, report)
        if annotation.key in seen:
            report.duplicate(here.child("key"), annotation.key)
        seen.add(annotation.key)


def check_mutating_policy(policy: MutatingAdmissionPolicy, report: Report) -> None:
    check_metadata(
        policy.metadata, Path().child("metadata"), report, formats.dns_subdomain, namespaced=False, finalizers=False
    )
    spec = policy.spec
    _check_common(spec.failure_policy, spec.param_kind, spec.match_constraints, report)
    if spec.match_constraints is not None:
        rules = _SPEC.child("matchConstraints", "resourceRules")
        _check_mutated_operations(spec.match_constraints.resource_rules, rules, report)
    params = spec.param_kind is not None
    check_match_conditions(spec.match_conditions, _SPEC.child("matchConditions"), report, params=params)
    environments = _Environments(report.version, params, composed=True)
    environments.add_variables(spec.variables, report)
    if not spec.mutations:
        report.required(_SPEC.child("mutations"), "The policy has no mutations.")
    for here, mutation in _SPEC.child("mutations").each(spec.mutations):
        _check_mutation(mutation, environments, here, report)
    policy_path = _SPEC.child("reinvocationPolicy")
    if not spec.reinvocation_policy:
        report.required(policy_path, mend=f"write one of {', '.join(REINVOCATION_POLICIES)}")
    report.choice(policy_path, spec.reinvocation_policy, REINVOCATION_POLICIES)


def check_validating_binding(binding: ValidatingAdmissionPolicyBinding, report: Report) -> None:
    check_metadata(
        binding.metadata, Path().child("metadata"), report, formats.dns_subdomain, namespaced=False, finalizers=False
    )
    spec = binding.spec
    _check_policy_name(spec.policy_name, report)
    _check_param_ref(spec.param_ref, _SPEC.child("paramRef"), report)
    _check_match_resources(spec.match_resources, _SPEC.child("matchResources"), report)
    actions = _SPEC.child("validationActions")
    seen: set[str] = set()
    for here, action in actions.each(spec.validation_actions):
        if action not in _ACTIONS:
            report.unsupported(here, action, _ACTIONS)
        if action in seen:
            report.error(DUPLICATE, here, f"{action} is given twice.", "remove one of them")
        seen.add(action)
    if {"Deny", "Warn"} <= seen:
        report.invalid(actions, "Deny and Warn would say the same thing twice.", "keep one of them")
    if not seen:
        report.required(actions, mend=f"write some of {', '.join(_ACTIONS)}")


def check_mutating_binding(binding: MutatingAdmissionPolicyBinding, report: Report) -> None:
    check_metadata(
        binding.metadata, Path().child("metadata"), report, formats.dns_subdomain, namespaced=False, finalizers=False
    )
    spec = binding.spec
    _check_policy_name(spec.policy_name or "", report)
    _check_param_ref(spec.param_ref, _SPEC.child("paramRef"), report)
    resources = _SPEC.child("matchResources")
    _check_match_resources(spec.match_resources, resources, report)
    if spec.match_resources is not None:
        _check_mutated_operations(spec.match_resources.resource_rules, resources.child("resourceRules"), report)


# -- what policies share ---------------------------------------------------------------------------------------------


def _check_common(
    failure_policy: str | None, kind: ParamKind | None, resources: MatchResources | None, report: Report
) -> None:
    report.choice(_SPEC.child("failurePolicy"), failure_policy, FAILURE_POLICIES)
    if kind is not None:
        _check_param_kind(kind, _SPEC.child("paramKind"), report)
    constraints = _SPEC.child("matchConstraints")
    if resources is None:
        report.required(constraints)
        return
    _check_match_resources(resources, constraints, report)
    if not resources.resource_rules:
        report.required(constraints.child("resourceRules"))


def _check_param_kind(kind: ParamKind, path: Path, report: Report) -> None:
    here = path.child("apiVersion")
    group, _, version = (kind.api_version or "").rpartition("/")
    if not kind.api_version:
        report.required(here)
    elif "/" in group:
        report.invalid(here, f"{kind.api_version!r} has more than one '/'.", "write it as group/version")
    else:
        if group:
            check_format(group, here, report, formats.dns_subdomain)
        if not version:
            report.invalid(here, "The version is missing.", "write it as group/version")
        else:
            check_format(version, here, report, formats.dns_label_1035)
    if not kind.kind:
        report.required(path.child("kind"))
    else:
        check_format(kind.kind.lower(), path.child("kind"), report, formats.dns_label_1035)


def _check_match_resources(resources: MatchResources | None, path: Path, report: Report) -> None:
    if resources is None:
        return
    report.choice(path.child("matchPolicy"), resources.match_policy, MATCH_POLICIES)
    if resources.namespace_selector is not None:
        check_selector(resources.namespace_selector, path.child("namespaceSelector"), report)
    if resources.object_selector is not None:
        check_selector(resources.object_selector, path.child("objectSelector"), report)
    for name, rules in (
        ("resourceRules", resources.resource_rules),
        ("excludeResourceRules", resources.exclude_resource_rules),
    ):
        for here, rule in path.child(name).each(rules):
            _check_named_rule(rule, here, report)


def _check_named_rule(rule: NamedRuleWithOperations, path: Path, report: Report) -> None:
    seen: set[str] = set()
    for here, name in path.child("resourceNames").each(rule.resource_names):
        check_format(name, here, report, formats.path_segment, NAME)
        if name in seen:
            report.error(DUPLICATE, here, f"{name} is given twice.", "remove one of them")
        seen.add(name)
    check_rule(rule, path, report)


def _check_mutated_operations(rules: Sequence[NamedRuleWithOperations], path: Path, report: Report) -> None:
    """Only what is created or updated can be mutated. The API server prints no index here."""
    for index, rule in enumerate(rules):
        for number, operation in enumerate(rule.operations):
            if operation not in _MUTATED_OPERATIONS:
                here = path.inside(index, "operations", number).printed(f"{path.text}.operations")
                report.unsupported(here, operation, _MUTATED_OPERATIONS)


def _check_policy_name(name: str, report: Report) -> None:
    path = _SPEC.child("policyName")
    if not name:
        report.required(path)
    else:
        check_format(name, path, report, formats.dns_subdomain, NAME)


def _check_param_ref(ref: ParamRef | None, path: Path, report: Report) -> None:
    if ref is None:
        return
    if ref.name:
        check_format(ref.name, path.child("name"), report, formats.path_segment, NAME)
    if ref.selector is not None:
        check_selector(ref.selector, path.child("selector"), report)
    if ref.name and ref.selector is not None:
        for name in ("name", "selector"):
            report.forbidden(path.child(name), "Only one of name and selector can be given.", "remove one of them")
    if not ref.name and ref.selector is None:
        report.required(path, "Neither name nor selector says which parameters are meant.", "add one of them")
    action = path.child("parameterNotFoundAction")
    if not ref.parameter_not_found_action:
        report.required(action, mend="write Deny or Allow")
    report.choice(action, ref.parameter_not_found_action, ("Deny", "Allow"))


# -- expressions -----------------------------------------------------------------------------------------------------


class _Environments:
    """What the expressions of one policy can name: variables may use those before them."""

    def __init__(self, version: str, params: bool, *, composed: bool = False) -> None:
        self._version = version
        self._params = params
        self._composed = composed
        self._variables: dict[str, Type] = {}

    def get(self, *, authorizer: bool = True, patches: bool = False) -> Environment:
        base = admission_environment(self._version, params=self._params, authorizer=authorizer, patches=patches)
        return with_composition(base, self._variables) if self._composed else base

    def add_variables(self, variables: Sequence[PolicyVariable], report: Report) -> None:
        self._composed = self._composed or bool(variables)
        for here, variable in _SPEC.child("variables").each(variables):
            name = here.child("name")
            if not variable.name.strip():
                report.required(name)
            elif not _IDENTIFIER.fullmatch(variable.name) or variable.name in RESERVED:
                report.invalid(name, f"{variable.name!r} is no name in CEL.", "use letters, digits and '_'", id=NAME)
            if not variable.expression.strip():
                report.required(here.child("expression"))
                continue
            program = compile_expression(variable.expression, self.get(), here.child("expression"), report)
            self._variables = {**self._variables, variable.name: composed_type(program.result)}


def _check_validation(validation: PolicyValidation, environments: _Environments, path: Path, report: Report) -> None:
    expression, message = path.child("expression"), path.child("message")
    if not validation.expression.strip():
        report.required(expression)
    else:
        program = compile_expression(validation.expression, environments.get(), expression, report)
        check_result(program, (types.BOOL,), expression, report)
    message_expression = validation.message_expression
    if message_expression:
        here = path.child("messageExpression")
        if not message_expression.strip():
            report.invalid(here, "The expression is only white space.", "remove it")
        else:
            program = compile_expression(message_expression, environments.get(authorizer=False), here, report)
            check_result(program, (types.STRING,), here, report)
    text = validation.message or ""
    if text and not text.strip():
        report.invalid(message, "The message is only white space.", "remove it")
    elif "\n" in text.strip() or "\r" in text.strip():
        report.invalid(message, "The message goes over several lines.", "write it in one line")
    report.choice(path.child("reason"), validation.reason, _REASONS)


def _check_annotation(
    annotation: AuditAnnotation, policy: str, environments: _Environments, path: Path, report: Report
) -> None:
    key = path.child("key")
    if policy:
        check_format(f"{policy}/{annotation.key}", key, report, formats.qualified_name, NAME)
    else:
        report.invalid(key, "The key begins with the name of the policy, and that is missing.")
    here = path.child("valueExpression")
    text, offset = trimmed(annotation.value_expression)
    if not text:
        report.required(here)
    elif len(text.encode()) > MAX_AUDIT_EXPRESSION:
        report.required(here, f"The expression is longer than {MAX_AUDIT_EXPRESSION} bytes.")
    else:
        program = compile_expression(text, environments.get(), here, report, offset)
        check_result(program, (types.STRING, types.NULL), here, report)


def _check_mutation(mutation: Mutation, environments: _Environments, path: Path, report: Report) -> None:
    kind = path.child("patchType")
    if not mutation.patch_type:
        report.required(kind, mend=f"write one of {', '.join(_PATCH_TYPES)}")
        return
    if mutation.patch_type not in _PATCH_TYPES:
        report.unsupported(kind, mutation.patch_type, _PATCH_TYPES)
        return
    applies = mutation.patch_type == "ApplyConfiguration"
    configuration, patch = path.child("applyConfiguration"), path.child("jsonPatch")
    given, other = (mutation.apply_configuration, mutation.json_patch)[:: 1 if applies else -1]
    here, unused = (configuration, patch)[:: 1 if applies else -1]
    if given is None:
        report.required(here, f"patchType is {mutation.patch_type}, so {here} is needed.")
    else:
        _check_patch(given.expression or "", environments, applies, here.child("expression"), report)
    if other is not None:
        report.invalid(unused, f"patchType is {mutation.patch_type}, so {unused} has no effect.", "remove it")


def _check_patch(text: str, environments: _Environments, applies: bool, path: Path, report: Report) -> None:
    expression, offset = trimmed(text)
    if not expression:
        report.required(path)
        return
    program = compile_expression(expression, environments.get(patches=True), path, report, offset)
    check_result(program, (_APPLY_CONFIGURATION if applies else _JSON_PATCHES,), path, report)
