"""Pods and pod templates (``ValidatePodSpec``, ``ValidatePodTemplateSpec``)."""

from __future__ import annotations

from kverify.api.types.pod import Pod, PodSpec, PodTemplateSpec
from kverify.api.validation import formats
from kverify.api.validation.containers import check_containers
from kverify.api.validation.metadata import check_annotations, check_format, check_labels, check_metadata
from kverify.api.validation.placement import check_placement
from kverify.api.validation.report import ADMISSION, DUPLICATE, SUSPICIOUS, Path, Report
from kverify.api.validation.resources import check_amount, check_pod_resources
from kverify.api.validation.security import check_pod_security
from kverify.api.validation.volumes import check_volumes

DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
MAX_DEADLINE = 2**31 - 1
MAX_NAMESERVERS, MAX_SEARCHES = 3, 32


def check_pod(pod: Pod, report: Report) -> None:
    check_metadata(pod.metadata, Path().child("metadata"), report, formats.dns_subdomain, namespaced=True)
    path = Path().child("spec")
    check_pod_spec(pod.spec, path, report, is_pod=True)
    # RuntimeClass admission: decidable without a cluster only when no class is named at all.
    if pod.spec.overhead and not pod.spec.runtime_class_name:
        message = "A pod cannot set its overhead itself; it comes from the RuntimeClass."
        report.error(ADMISSION, path.child("overhead"), message, "remove overhead, or name a runtimeClassName")


def check_template(template: PodTemplateSpec, path: Path, report: Report) -> None:
    check_labels(template.metadata.labels, path.child("metadata", "labels"), report)
    check_annotations(template.metadata.annotations, path.child("metadata", "annotations"), report)
    check_pod_spec(template.spec, path.child("spec"), report, is_pod=False)
    if template.spec.overhead and not template.spec.runtime_class_name:
        message = "Pods of this template are refused: overhead comes from the RuntimeClass."
        report.warn(ADMISSION, path.child("spec", "overhead"), message, "remove overhead, or name a runtimeClassName")


def check_pod_spec(spec: PodSpec, path: Path, report: Report, *, is_pod: bool) -> None:
    check_volumes(spec.volumes, path.child("volumes"), report)
    check_containers(spec, path, report, is_pod=is_pod)
    check_pod_resources(spec, path.child("resources"), report)
    check_placement(spec, path, report)
    check_pod_security(spec, path, report)
    report.choice(path.child("restartPolicy"), spec.restart_policy, ("Always", "OnFailure", "Never"))
    report.choice(path.child("preemptionPolicy"), spec.preemption_policy, ("PreemptLowerPriority", "Never"))
    report.between(path.child("activeDeadlineSeconds"), spec.active_deadline_seconds, 1, MAX_DEADLINE)
    for name, value, rule in (
        ("serviceAccountName", spec.service_account_name, formats.dns_subdomain),
        ("nodeName", spec.node_name, formats.dns_subdomain),
        ("priorityClassName", spec.priority_class_name, formats.dns_subdomain),
        ("runtimeClassName", spec.runtime_class_name, formats.dns_subdomain),
        ("schedulerName", spec.scheduler_name, formats.dns_subdomain),
        ("hostname", spec.hostname, formats.dns_label),
        ("subdomain", spec.subdomain, formats.dns_label),
        ("hostnameOverride", spec.hostname_override, formats.dns_subdomain),
    ):
        if value:
            check_format(value, path.child(name), report, rule)
    if spec.os is not None:
        if not spec.os.name:
            report.required(path.child("os", "name"))
        else:
            report.choice(path.child("os", "name"), spec.os.name, ("linux", "windows"))
    for name, quantity in spec.overhead.items():
        check_amount(name, quantity, path.child("overhead").key(name), report)
    for here, secret in path.child("imagePullSecrets").each(spec.image_pull_secrets):
        if not secret.name:
            report.warn(SUSPICIOUS, here, "An image pull secret without a name is never found.", "name it")
    _check_dns(spec, path, report)
    _check_host_aliases(spec, path.child("hostAliases"), report)
    _check_gates(spec, path, report)
    _check_claims(spec, path.child("resourceClaims"), report)


def _check_dns(spec: PodSpec, path: Path, report: Report) -> None:
    report.choice(path.child("dnsPolicy"), spec.dns_policy, DNS_POLICIES)
    config, place = spec.dns_config, path.child("dnsConfig")
    if spec.dns_policy == "None" and (config is None or not config.nameservers):
        message = "With dnsPolicy None the pod needs a nameserver of its own."
        here = place if config is None else place.child("nameservers")
        report.required(here, message, "add dnsConfig.nameservers")
    if config is None:
        return
    if len(config.nameservers) > MAX_NAMESERVERS:
        report.invalid(place.child("nameservers"), f"At most {MAX_NAMESERVERS} nameservers are used.")
    if len(config.searches) > MAX_SEARCHES:
        report.invalid(place.child("searches"), f"At most {MAX_SEARCHES} search domains are used.")
    for here, server in place.child("nameservers").each(config.nameservers):
        check_format(server, here, report, formats.ip_address)
    for here, search in place.child("searches").each(config.searches):
        check_format(search, here, report, formats.dns_search)
    for here, option in place.child("options").each(config.options):
        if not option.name:
            report.required(here)


def _check_host_aliases(spec: PodSpec, path: Path, report: Report) -> None:
    for here, alias in path.each(spec.host_aliases):
        check_format(alias.ip, here.child("ip"), report, formats.ip_address)
        for place, name in here.child("hostnames").each(alias.hostnames):
            check_format(name, place, report, formats.dns_subdomain)


def _check_gates(spec: PodSpec, path: Path, report: Report) -> None:
    for here, readiness in path.child("readinessGates").each(spec.readiness_gates):
        check_format(readiness.condition_type, here.child("conditionType"), report, formats.qualified_name)
    seen: set[str] = set()
    for here, gate in path.child("schedulingGates").each(spec.scheduling_gates):
        check_format(gate.name, here.inside("name"), report, formats.qualified_name)
        if gate.name in seen:
            report.error(DUPLICATE, here, f"The scheduling gate {gate.name} is listed twice.", "remove one of them")
        seen.add(gate.name)
    if spec.scheduling_gates and spec.node_name:
        message = "A pod with scheduling gates has no node yet."
        report.forbidden(path.child("nodeName"), message, "remove nodeName or the gates")


def _check_claims(spec: PodSpec, path: Path, report: Report) -> None:
    names: set[str] = set()
    for here, claim in path.each(spec.resource_claims):
        if not claim.name:
            report.required(here.child("name"))
        else:
            check_format(claim.name, here.child("name"), report, formats.dns_label)
            if claim.name in names:
                report.error(DUPLICATE, here.child("name"), f"Two resource claims are named {claim.name!r}.")
            names.add(claim.name)
        given = [
            value for value in (claim.resource_claim_name, claim.resource_claim_template_name) if value is not None
        ]
        if len(given) > 1:
            report.invalid(here, "A resource claim has one source only.", "keep one of them")
        elif not given:
            report.invalid(
                here, "The resource claim has no source.", "add resourceClaimName or resourceClaimTemplateName"
            )
