"""Defaults of admission policies and webhooks (``pkg/apis/admissionregistration/v1/defaults.go``)."""

from __future__ import annotations

from typing import TypeVar

from attrs import evolve

from kverify.api.types.admission import (
    MatchResources,
    MutatingAdmissionPolicy,
    MutatingAdmissionPolicyBinding,
    MutatingWebhook,
    MutatingWebhookConfiguration,
    NamedRuleWithOperations,
    RuleWithOperations,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    ValidatingWebhook,
    ValidatingWebhookConfiguration,
    WebhookClientConfig,
)
from kverify.api.types.meta import LabelSelector

_Rule = TypeVar("_Rule", NamedRuleWithOperations, RuleWithOperations)
_Hook = TypeVar("_Hook", ValidatingWebhook, MutatingWebhook)

HTTPS_PORT = 443
TIMEOUT_SECONDS = 10


def default_validating_policy(policy: ValidatingAdmissionPolicy) -> ValidatingAdmissionPolicy:
    spec = policy.spec
    matched = _match_resources(spec.match_constraints)
    return evolve(policy, spec=evolve(spec, failure_policy=spec.failure_policy or "Fail", match_constraints=matched))


def default_mutating_policy(policy: MutatingAdmissionPolicy) -> MutatingAdmissionPolicy:
    spec = policy.spec
    matched = _match_resources(spec.match_constraints)
    return evolve(policy, spec=evolve(spec, failure_policy=spec.failure_policy or "Fail", match_constraints=matched))


def default_validating_binding(binding: ValidatingAdmissionPolicyBinding) -> ValidatingAdmissionPolicyBinding:
    spec = binding.spec
    return evolve(binding, spec=evolve(spec, match_resources=_match_resources(spec.match_resources)))


def default_mutating_binding(binding: MutatingAdmissionPolicyBinding) -> MutatingAdmissionPolicyBinding:
    spec = binding.spec
    return evolve(binding, spec=evolve(spec, match_resources=_match_resources(spec.match_resources)))


def default_validating_webhooks(configuration: ValidatingWebhookConfiguration) -> ValidatingWebhookConfiguration:
    return evolve(configuration, webhooks=tuple(map(_webhook, configuration.webhooks)))


def default_mutating_webhooks(configuration: MutatingWebhookConfiguration) -> MutatingWebhookConfiguration:
    hooks = (
        evolve(_webhook(hook), reinvocation_policy=hook.reinvocation_policy or "Never")
        for hook in configuration.webhooks
    )
    return evolve(configuration, webhooks=tuple(hooks))


def _match_resources(resources: MatchResources | None) -> MatchResources | None:
    if resources is None:
        return None
    return evolve(
        resources,
        match_policy=resources.match_policy or "Equivalent",
        namespace_selector=resources.namespace_selector or LabelSelector(),
        object_selector=resources.object_selector or LabelSelector(),
        resource_rules=tuple(map(_rule, resources.resource_rules)),
        exclude_resource_rules=tuple(map(_rule, resources.exclude_resource_rules)),
    )


def _rule(rule: _Rule) -> _Rule:
    return rule if rule.scope is not None else evolve(rule, scope="*")


def _webhook(hook: _Hook) -> _Hook:
    return evolve(
        hook,
        client_config=_client(hook.client_config),
        rules=tuple(map(_rule, hook.rules)),
        failure_policy=hook.failure_policy or "Fail",
        match_policy=hook.match_policy or "Equivalent",
        namespace_selector=hook.namespace_selector or LabelSelector(),
        object_selector=hook.object_selector or LabelSelector(),
        timeout_seconds=TIMEOUT_SECONDS if hook.timeout_seconds is None else hook.timeout_seconds,
    )


def _client(client: WebhookClientConfig) -> WebhookClientConfig:
    if client.service is None or client.service.port is not None:
        return client
    return evolve(client, service=evolve(client.service, port=HTTPS_PORT))
