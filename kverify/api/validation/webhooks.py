"""Webhook configurations, and the rules that they share with admission policies
(``pkg/apis/admissionregistration/validation``, ``k8s.io/apiserver/pkg/util/webhook``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from kverify.api.cel import types
from kverify.api.cel.admission import admission_environment
from kverify.api.types.admission import (
    MatchCondition,
    MutatingWebhook,
    MutatingWebhookConfiguration,
    NamedRuleWithOperations,
    RuleWithOperations,
    ServiceReference,
    ValidatingWebhook,
    ValidatingWebhookConfiguration,
    WebhookClientConfig,
)
from kverify.api.types.extensions import ServiceReference as ConversionService
from kverify.api.types.extensions import WebhookClientConfig as ConversionClientConfig
from kverify.api.validation import formats
from kverify.api.validation.expressions import check_result, compile_expression, trimmed
from kverify.api.validation.metadata import check_format, check_metadata, check_selector
from kverify.api.validation.report import DUPLICATE, NAME, OUT_OF_RANGE, Path, Report

FAILURE_POLICIES = ("Fail", "Ignore")
MATCH_POLICIES = ("Equivalent", "Exact")
REINVOCATION_POLICIES = ("IfNeeded", "Never")
REVIEW_VERSIONS = ("v1", "v1beta1")
MAX_MATCH_CONDITIONS = 64

_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")
_SIDE_EFFECTS = ("None", "NoneOnDryRun")


def check_validating_webhooks(configuration: ValidatingWebhookConfiguration, report: Report) -> None:
    check_metadata(
        configuration.metadata,
        Path().child("metadata"),
        report,
        formats.dns_subdomain,
        namespaced=False,
        finalizers=False,
    )
    for here, hook in Path().child("webhooks").each(configuration.webhooks):
        _check_hook(hook, here, report)
    _check_names(configuration.webhooks, report)


def check_mutating_webhooks(configuration: MutatingWebhookConfiguration, report: Report) -> None:
    check_metadata(
        configuration.metadata,
        Path().child("metadata"),
        report,
        formats.dns_subdomain,
        namespaced=False,
        finalizers=False,
    )
    for here, hook in Path().child("webhooks").each(configuration.webhooks):
        _check_hook(hook, here, report)
        report.choice(here.child("reinvocationPolicy"), hook.reinvocation_policy, REINVOCATION_POLICIES)
    _check_names(configuration.webhooks, report)


def _check_names(hooks: Iterable[ValidatingWebhook | MutatingWebhook], report: Report) -> None:
    seen: set[str] = set()
    for here, hook in Path().child("webhooks").each(hooks):
        if hook.name and hook.name in seen:
            report.duplicate(here.child("name"), hook.name)
        seen.add(hook.name)


def _check_hook(hook: ValidatingWebhook | MutatingWebhook, path: Path, report: Report) -> None:
    _check_hook_name(hook.name, path.child("name"), report)
    for here, rule in path.child("rules").each(hook.rules):
        check_rule(rule, here, report)
    report.choice(path.child("failurePolicy"), hook.failure_policy, FAILURE_POLICIES)
    report.choice(path.child("matchPolicy"), hook.match_policy, MATCH_POLICIES)
    effects = path.child("sideEffects")
    if not hook.side_effects:
        report.required(effects, mend=f"write one of {', '.join(_SIDE_EFFECTS)}")
    report.choice(effects, hook.side_effects, _SIDE_EFFECTS)
    report.between(path.child("timeoutSeconds"), hook.timeout_seconds, 1, 30)
    if hook.namespace_selector is not None:
        check_selector(hook.namespace_selector, path.child("namespaceSelector"), report)
    if hook.object_selector is not None:
        check_selector(hook.object_selector, path.child("objectSelector"), report)
    check_client(hook.client_config, path.child("clientConfig"), report)
    check_match_conditions(hook.match_conditions, path.child("matchConditions"), report, params=False)
    check_review_versions(hook.admission_review_versions, path.child("admissionReviewVersions"), report)


def _check_hook_name(name: str, path: Path, report: Report) -> None:
    """``IsFullyQualifiedName``."""
    if not name:
        report.required(path)
    elif check_format(name, path, report, formats.dns_subdomain, NAME) and name.count(".") < 2:
        report.invalid(path, f"{name!r} has fewer than three parts.", "write it as a.example.com", id=NAME)


# -- rules -----------------------------------------------------------------------------------------------------------


def check_rule(rule: RuleWithOperations | NamedRuleWithOperations, path: Path, report: Report) -> None:
    operations = path.child("operations")
    if not rule.operations:
        report.required(operations, mend=f"write some of {', '.join(_OPERATIONS)}")
    _check_star(rule.operations, operations, report)
    for here, operation in operations.each(rule.operations):
        if operation not in _OPERATIONS:
            report.unsupported(here, operation, _OPERATIONS)
    groups, versions = path.child("apiGroups"), path.child("apiVersions")
    if not rule.api_groups:
        report.required(groups, mend='write "" for the core group')
    _check_star(rule.api_groups, groups, report)
    if not rule.api_versions:
        report.required(versions)
    _check_star(rule.api_versions, versions, report)
    for here, version in versions.each(rule.api_versions):
        if not version:
            report.required(here)
    _check_resources(rule.resources, path.child("resources"), report)
    if rule.scope is not None and rule.scope not in _SCOPES:
        report.unsupported(path.child("scope"), rule.scope, _SCOPES)


def _check_star(values: Sequence[str], path: Path, report: Report) -> None:
    if len(values) > 1 and "*" in values:
        report.invalid(path, "'*' covers everything, so nothing can stand beside it.", "keep only '*'")


def _check_resources(resources: Sequence[str], path: Path, report: Report) -> None:
    if not resources:
        report.required(path)
    whole: set[str] = set()
    every: set[str] = set()
    double = single = plain = False
    for here, name in path.each(resources):
        if not name:
            report.required(here)
            continue
        double = double or name == "*/*"
        single = single or name == "*"
        resource, slash, sub = name.partition("/")
        if not slash:
            # As in the source, the last name without a subresource decides.
            plain = name != "*"
            continue
        if resource in whole:
            report.invalid(here, f"'{resource}/*' covers {name} already.", "remove it")
        if sub in every:
            report.invalid(here, f"'*/{sub}' covers {name} already.", "remove it")
        if sub == "*":
            whole.add(resource)
        if resource == "*":
            every.add(sub)
    if len(resources) > 1 and double:
        report.invalid(path, "'*/*' covers everything, so nothing can stand beside it.", "keep only '*/*'")
    if single and plain:
        report.invalid(path, "'*' covers every resource, so none can stand beside it.", "keep only '*'")


# -- conditions, versions, clients -----------------------------------------------------------------------------------


def check_match_conditions(conditions: Sequence[MatchCondition], path: Path, report: Report, *, params: bool) -> None:
    environment = admission_environment(report.version, params=params, authorizer=True)
    if len(conditions) > MAX_MATCH_CONDITIONS:
        report.error(OUT_OF_RANGE, path, f"There are {len(conditions)} conditions; the most is {MAX_MATCH_CONDITIONS}.")
    seen: set[str] = set()
    for here, condition in path.each(conditions):
        text, offset = trimmed(condition.expression)
        if text:
            at = here.child("expression")
            program = compile_expression(text, environment, at, report, offset)
            check_result(program, (types.BOOL,), at, report)
        else:
            report.required(here.child("expression"))
        if not condition.name:
            report.required(here.child("name"))
            continue
        check_format(condition.name, here.child("name"), report, formats.qualified_name, NAME)
        if condition.name in seen:
            report.duplicate(here.child("name"), condition.name)
        seen.add(condition.name)


def check_review_versions(versions: Sequence[str], path: Path, report: Report) -> None:
    """The versions of AdmissionReview, or of ConversionReview, that a webhook understands."""
    if not versions:
        report.required(path, mend=f"write one of {', '.join(REVIEW_VERSIONS)}")
        return
    seen: set[str] = set()
    for here, version in path.each(versions):
        if version in seen:
            report.error(DUPLICATE, here, f"{version} is given twice.", "remove one of them")
            continue
        seen.add(version)
        check_format(version, here, report, formats.dns_label_1035)
    if not seen & set(REVIEW_VERSIONS):
        report.invalid(
            path, "The API server speaks none of these versions.", f"add one of {', '.join(REVIEW_VERSIONS)}"
        )


def check_client(client: WebhookClientConfig | ConversionClientConfig, path: Path, report: Report) -> None:
    if (client.url is None) == (client.service is None):
        report.required(path, "Exactly one of url and service says where the webhook is.")
    elif client.url is not None:
        check_webhook_url(client.url, path.child("url"), report)
    elif client.service is not None:
        check_webhook_service(client.service, path.child("service"), report)


def check_webhook_url(url: str, path: Path, report: Report) -> None:
    wanted = "write it as https://host/path"
    try:
        parts = urlsplit(url)
        _ = parts.port
        if any(character < " " or character == "\x7f" for character in url) or " " in parts.netloc:
            raise ValueError(url)
    except ValueError:
        report.required(path, f"{url!r} is not a URL.", wanted)
        return
    if parts.scheme != "https":
        report.invalid(path, f"The URL begins with {parts.scheme or 'no scheme'}; only https is allowed.", wanted)
    if not parts.netloc.rpartition("@")[2]:
        report.invalid(path, "The URL has no host.", wanted)
    for found, what in (
        ("@" in parts.netloc, "a user"),
        (bool(parts.fragment), "a fragment (#...)"),
        (bool(parts.query), "a query (?...)"),
    ):
        if found:
            report.invalid(path, f"The URL has {what}, which is not allowed.", "remove it")


def check_webhook_service(service: ServiceReference | ConversionService, path: Path, report: Report) -> None:
    """``ValidateWebhookService``. Its callers give it name and namespace in the wrong order, so a missing name is
    reported as a missing namespace, and the other way round."""
    if not service.namespace:
        report.required(path.child("name"), "The namespace of the service is missing.", "add namespace")
    if not service.name:
        report.required(path.child("namespace"), "The name of the service is missing.", "add name")
    report.between(path.child("port"), service.port, 1, 65535)
    url_path = service.path
    if not url_path or url_path == "/":
        return
    here = path.child("path")
    if url_path == "//":
        report.invalid(here, "The path has an empty part.")
        return
    if not url_path.startswith("/"):
        report.invalid(here, f"{url_path!r} does not begin with '/'.", "add it")
    for step in url_path[1:].removesuffix("/").split("/"):
        if not step:
            report.invalid(here, "The path has an empty part.")
        else:
            check_format(step, here, report, formats.dns_subdomain)
