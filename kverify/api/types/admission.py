"""Admission policies and webhooks (``admissionregistration.k8s.io/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from kverify.api.base import Int32, Int64, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.types.meta import Condition, LabelSelector


@frozen(kw_only=True, eq=False, repr=False)
class MatchCondition(Typed):
    expression: str = ""
    name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class NamedRuleWithOperations(Typed):
    ATOMIC: ClassVar[bool] = True
    api_groups: tuple[str, ...] = ()
    api_versions: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    scope: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class MatchResources(Typed):
    ATOMIC: ClassVar[bool] = True
    exclude_resource_rules: tuple[NamedRuleWithOperations, ...] = ()
    match_policy: str | None = None
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    resource_rules: tuple[NamedRuleWithOperations, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class ApplyConfiguration(Typed):
    expression: str | None = api_field(None, omit_zero=True)
    pass


@frozen(kw_only=True, eq=False, repr=False)
class JSONPatch(Typed):
    expression: str | None = api_field(None, omit_zero=True)
    pass


@frozen(kw_only=True, eq=False, repr=False)
class Mutation(Typed):
    apply_configuration: ApplyConfiguration | None = None
    json_patch: JSONPatch | None = None
    patch_type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class ParamKind(Typed):
    ATOMIC: ClassVar[bool] = True
    api_version: str | None = api_field(None, omit_zero=True)
    kind: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class PolicyVariable(Typed):
    ATOMIC: ClassVar[bool] = True
    expression: str = ""
    name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class MutatingAdmissionPolicySpec(Typed):
    failure_policy: str | None = None
    match_conditions: tuple[MatchCondition, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
    match_constraints: MatchResources | None = None
    mutations: tuple[Mutation, ...] = ()
    param_kind: ParamKind | None = None
    reinvocation_policy: str | None = api_field(None, omit_zero=True)
    variables: tuple[PolicyVariable, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class MutatingAdmissionPolicy(KubeObject):
    api_version: str = "admissionregistration.k8s.io/v1"
    kind: str = "MutatingAdmissionPolicy"
    spec: MutatingAdmissionPolicySpec = MutatingAdmissionPolicySpec()


@frozen(kw_only=True, eq=False, repr=False)
class ParamRef(Typed):
    ATOMIC: ClassVar[bool] = True
    name: str | None = api_field(None, omit_zero=True)
    namespace: str | None = api_field(None, omit_zero=True)
    parameter_not_found_action: str | None = None
    selector: LabelSelector | None = None


@frozen(kw_only=True, eq=False, repr=False)
class MutatingAdmissionPolicyBindingSpec(Typed):
    match_resources: MatchResources | None = None
    param_ref: ParamRef | None = None
    policy_name: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class MutatingAdmissionPolicyBinding(KubeObject):
    api_version: str = "admissionregistration.k8s.io/v1"
    kind: str = "MutatingAdmissionPolicyBinding"
    spec: MutatingAdmissionPolicyBindingSpec = MutatingAdmissionPolicyBindingSpec()


@frozen(kw_only=True, eq=False, repr=False)
class ServiceReference(Typed):
    name: str = ""
    namespace: str = ""
    path: str | None = None
    port: Int32 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class WebhookClientConfig(Typed):
    ca_bundle: str | None = api_field(None, omit_zero=True)
    service: ServiceReference | None = None
    url: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class RuleWithOperations(Typed):
    api_groups: tuple[str, ...] = ()
    api_versions: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    scope: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class MutatingWebhook(Typed):
    admission_review_versions: tuple[str, ...] = api_field((), null=True)
    client_config: WebhookClientConfig = WebhookClientConfig()
    failure_policy: str | None = None
    match_conditions: tuple[MatchCondition, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
    match_policy: str | None = None
    name: str = ""
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    reinvocation_policy: str | None = None
    rules: tuple[RuleWithOperations, ...] = ()
    side_effects: str = ""
    timeout_seconds: Int32 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class MutatingWebhookConfiguration(KubeObject):
    api_version: str = "admissionregistration.k8s.io/v1"
    kind: str = "MutatingWebhookConfiguration"
    webhooks: tuple[MutatingWebhook, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )


@frozen(kw_only=True, eq=False, repr=False)
class AuditAnnotation(Typed):
    key: str = ""
    value_expression: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class PolicyValidation(Typed):
    expression: str = ""
    message: str | None = api_field(None, omit_zero=True)
    message_expression: str | None = api_field(None, omit_zero=True)
    reason: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ValidatingAdmissionPolicySpec(Typed):
    audit_annotations: tuple[AuditAnnotation, ...] = ()
    failure_policy: str | None = None
    match_conditions: tuple[MatchCondition, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
    match_constraints: MatchResources | None = None
    param_kind: ParamKind | None = None
    validations: tuple[PolicyValidation, ...] = ()
    variables: tuple[PolicyVariable, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )


@frozen(kw_only=True, eq=False, repr=False)
class ExpressionWarning(Typed):
    field_ref: str = ""
    warning: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class TypeChecking(Typed):
    expression_warnings: tuple[ExpressionWarning, ...] = ()
    pass


@frozen(kw_only=True, eq=False, repr=False)
class ValidatingAdmissionPolicyStatus(Typed):
    conditions: tuple[Condition, ...] = api_field((), list_type="map", list_keys=("type",))
    observed_generation: Int64 | None = api_field(None, omit_zero=True)
    type_checking: TypeChecking | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ValidatingAdmissionPolicy(KubeObject):
    api_version: str = "admissionregistration.k8s.io/v1"
    kind: str = "ValidatingAdmissionPolicy"
    spec: ValidatingAdmissionPolicySpec = ValidatingAdmissionPolicySpec()
    status: ValidatingAdmissionPolicyStatus = ValidatingAdmissionPolicyStatus()


@frozen(kw_only=True, eq=False, repr=False)
class ValidatingAdmissionPolicyBindingSpec(Typed):
    match_resources: MatchResources | None = None
    param_ref: ParamRef | None = None
    policy_name: str = ""
    validation_actions: tuple[str, ...] = api_field((), list_type="set", null=True)


@frozen(kw_only=True, eq=False, repr=False)
class ValidatingAdmissionPolicyBinding(KubeObject):
    api_version: str = "admissionregistration.k8s.io/v1"
    kind: str = "ValidatingAdmissionPolicyBinding"
    spec: ValidatingAdmissionPolicyBindingSpec = ValidatingAdmissionPolicyBindingSpec()


@frozen(kw_only=True, eq=False, repr=False)
class ValidatingWebhook(Typed):
    admission_review_versions: tuple[str, ...] = api_field((), null=True)
    client_config: WebhookClientConfig = WebhookClientConfig()
    failure_policy: str | None = None
    match_conditions: tuple[MatchCondition, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
    match_policy: str | None = None
    name: str = ""
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    rules: tuple[RuleWithOperations, ...] = ()
    side_effects: str = ""
    timeout_seconds: Int32 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ValidatingWebhookConfiguration(KubeObject):
    api_version: str = "admissionregistration.k8s.io/v1"
    kind: str = "ValidatingWebhookConfiguration"
    webhooks: tuple[ValidatingWebhook, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
