"""When a container is restarted: its own policy, rules by exit code, and how it is resized."""

from __future__ import annotations

from kverify.api.types.container import Container, ContainerRestartRule
from kverify.api.validation.report import DUPLICATE, OUT_OF_RANGE, Path, Report
from kverify.api.versions import enabled, known_field

POLICIES = ("Always", "Never", "OnFailure")
MAX_RULES = 20
MAX_EXIT_CODES = 255
RESIZABLE = ("cpu", "memory")
RESIZE_POLICIES = ("NotRequired", "RestartContainer")
_RULES = ("Container", "restartPolicyRules")


def check_restart(container: Container, path: Path, report: Report) -> None:
    """Of a regular container (``validateContainerRestartPolicy``)."""
    if enabled("ContainerRestartRules", report.version):
        _check_policy_and_rules(container, path, report)
    elif container.restart_policy is not None and not _is_dropped(report):
        here = path.child("restartPolicy")
        report.forbidden(here, "Only init containers have a restartPolicy in this version.", "remove it")


def check_init_restart(container: Container, path: Path, report: Report) -> None:
    """Of an init container (``validateInitContainerRestartPolicy``)."""
    policy, here = container.restart_policy, path.child("restartPolicy")
    if policy is None:
        if container.restart_policy_rules:
            report.required(here, "Restart rules need a restartPolicy beside them.", "add restartPolicy: Never, say")
    elif not enabled("ContainerRestartRules", report.version):
        if policy != "Always" and not _is_dropped(report):
            report.unsupported(here, policy, ("Always",))
    elif policy != "Always" or enabled("RestartAllContainersOnContainerExits", report.version):
        _check_policy_and_rules(container, path, report)
    elif container.restart_policy_rules:
        message = "A sidecar is restarted whatever its exit code is, so it has no rules."
        report.forbidden(path.child("restartPolicyRules"), message, "remove them")


def _is_dropped(report: Report) -> bool:
    """While the gate of restart rules exists and is off, policies of containers are forgotten, not refused."""
    return known_field(*_RULES, report.version)


def _check_policy_and_rules(container: Container, path: Path, report: Report) -> None:
    policy, here = container.restart_policy, path.child("restartPolicy")
    rules, place = container.restart_policy_rules, path.child("restartPolicyRules")
    if policy is None:
        if rules:
            report.required(here, "Restart rules need a restartPolicy beside them.", "add restartPolicy: Never, say")
    elif policy not in POLICIES:
        report.unsupported(here, policy, POLICIES)
    if len(rules) > MAX_RULES:
        report.error(OUT_OF_RANGE, place, f"There are {len(rules)} restart rules; the limit is {MAX_RULES}.")
    for rule_path, rule in place.each(rules):
        _check_rule(rule, rule_path, report)


def _check_rule(rule: ContainerRestartRule, path: Path, report: Report) -> None:
    actions: tuple[str, ...] = ("Restart",)
    if enabled("RestartAllContainersOnContainerExits", report.version):
        actions = ("Restart", "RestartAllContainers")
    if rule.action not in actions:
        report.unsupported(path.child("action"), rule.action, actions)
    codes, here = rule.exit_codes, path.child("exitCodes")
    if codes is None:
        report.required(here, "A restart rule says for which exit codes it is.", "add exitCodes")
        return
    if codes.operator not in ("In", "NotIn"):
        report.unsupported(here.child("operator"), codes.operator, ("In", "NotIn"))
    if len(codes.values) > MAX_EXIT_CODES:
        message = f"There are {len(codes.values)} exit codes; the limit is {MAX_EXIT_CODES}."
        report.error(OUT_OF_RANGE, here.child("values"), message)


def check_resize_policy(container: Container, pod_policy: str | None, path: Path, report: Report) -> None:
    """``validateResizePolicy``. But for duplicates the API server prints the whole list."""
    seen: set[str] = set()
    for here, policy in path.each(container.resize_policy):
        if policy.resource_name in seen:
            message = f"{policy.resource_name} has two resize policies."
            report.error(DUPLICATE, here, message, "keep one of them")
        seen.add(policy.resource_name)
        for name, value, choices in (
            ("resourceName", policy.resource_name, RESIZABLE),
            ("restartPolicy", policy.restart_policy, RESIZE_POLICIES),
        ):
            place = here.child(name).printed(str(path))
            if not value:
                report.required(place, f"A resize policy has a {name}.", f"add {name}: {choices[0]}")
            elif value not in choices:
                report.unsupported(place, value, choices)
        if pod_policy == "Never" and policy.restart_policy != "NotRequired":
            place = here.child("restartPolicy").printed(str(path))
            report.invalid(place, "A pod that is never restarted is not resized by a restart.", "set NotRequired")
