"""PodSecurity: what a pod may do to its node, as the labels of its namespace say.

Source: ``plugin/pkg/admission/security/podsecurity`` and ``k8s.io/pod-security-admission``, with the plugin's default
configuration: nothing is exempt, and without labels everything is privileged. What ``audit`` finds goes into the audit
log and is no answer to anybody, so it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from kverify.api.pod_security import PREFIX, Policy, policies_of
from kverify.api.registry import AnyObject
from kverify.api.types.meta import ObjectMeta
from kverify.api.types.namespace import Namespace
from kverify.api.types.pod import Pod, PodSpec
from kverify.api.validation.report import Path
from kverify.api.versions import ordinal
from kverify.cluster.admission.pod_security.baseline import BASELINE
from kverify.cluster.admission.pod_security.checks import Control, Violation
from kverify.cluster.admission.pod_security.restricted import RESTRICTED
from kverify.cluster.admission.request import Because, Problem, Request, inside
from kverify.cluster.codes import POD_SECURITY, POD_SECURITY_WARNING
from kverify.cluster.objects import templates_of
from kverify.manifest.diagnostics import Severity

__all__ = ["BASELINE", "RESTRICTED", "controls", "validate", "violations"]

NAME = "PodSecurity"


def controls(policy: Policy, newest: int) -> tuple[Control, ...]:
    """The controls a policy stands for. A server knows no version newer than its own, ``newest``."""
    minor = newest if policy.minor is None else min(policy.minor, newest)
    if policy.level == "privileged":
        return ()
    strict = () if policy.level == "baseline" else tuple(c for c in RESTRICTED if c.at(minor) is not None)
    replaced = {control.replaces for control in strict}
    basic = (c for c in BASELINE if c.id not in replaced and c.at(minor) is not None)
    return (*basic, *strict)


@frozen
class Broken:
    control: Control
    violation: Violation


def violations(policy: Policy, metadata: ObjectMeta, spec: PodSpec, newest: int) -> Iterator[Broken]:
    """Every field in which a pod breaks ``policy``."""
    minor = newest if policy.minor is None else min(policy.minor, newest)
    for control in controls(policy, newest):
        look = control.at(minor)
        assert look is not None
        for violation in look(metadata, spec):
            yield Broken(control, violation)


def validate(request: Request) -> tuple[Problem, ...]:
    """Refuse pods that break the enforced level; warn of pods, and of objects that make pods, that break the other.

    A namespace that begins to enforce a level is warned of the pods it already has.
    """
    item = request.object
    if isinstance(item, Namespace):
        return tuple(_of_pods(item, request))
    template = _template(item)
    if template is None or (isinstance(item, Pod) and not request.creates):
        return ()
    namespace = request.view.find("Namespace", "", request.namespace)
    if not isinstance(namespace, Namespace):
        return ()
    policies, _ = policies_of(namespace.metadata.labels)
    newest = ordinal(request.version)
    if isinstance(item, Pod):
        refused = tuple(
            Problem(
                plugin=NAME,
                id=POD_SECURITY,
                message=f"{_sentence(broken.violation.text)}, which the Pod Security level {policies.enforce.level} "
                f"forbids ({broken.control.id}).",
                path=broken.violation.path,
                mend=broken.violation.mend,
                because=(_label(namespace, "enforce"),),
            )
            for broken in violations(policies.enforce, *template, newest)
        )
        if refused:
            return refused
    return tuple(_warning(item, template, policies.warn, namespace, newest))


def _template(item: AnyObject) -> tuple[ObjectMeta, PodSpec] | None:
    found = next(templates_of(item), None)
    return None if found is None else (found[1].metadata, found[1].spec)


def _warning(
    item: AnyObject, template: tuple[ObjectMeta, PodSpec], policy: Policy, namespace: Namespace, newest: int
) -> Iterator[Problem]:
    """One warning for all that is wrong, as the API server sends it."""
    found = list(violations(policy, *template, newest))
    if not found:
        return
    names = ", ".join(dict.fromkeys(broken.control.id for broken in found))
    first = found[0].violation
    prefix, _ = next(templates_of(item))
    mode = "warn" if PREFIX + "warn" in namespace.metadata.labels else "enforce"
    yield Problem(
        plugin=NAME,
        id=POD_SECURITY_WARNING,
        message=f"The pods break the Pod Security level {policy}: {names}.",
        path=inside(prefix, first.path),
        mend=first.mend,
        severity=Severity.WARNING,
        because=(_label(namespace, mode),),
    )


def _of_pods(namespace: Namespace, request: Request) -> Iterator[Problem]:
    old = request.old
    if not isinstance(old, Namespace):
        return
    after, before = (policies_of(item.metadata.labels)[0].enforce for item in (namespace, old))
    if after == before:
        return
    newest = ordinal(request.version)
    for pod in request.view.of_kind(Pod, namespace.metadata.name):
        names = dict.fromkeys(b.control.id for b in violations(after, pod.metadata, pod.spec, newest))
        if names:
            name = pod.metadata.name
            yield Problem(
                plugin=NAME,
                id=POD_SECURITY_WARNING,
                message=f"The pod {name} runs here and breaks the new level {after}: {', '.join(names)}; once it is "
                "gone, it cannot be made again.",
                path=Path().child("metadata", "labels").key(PREFIX + "enforce"),
                mend="mend the pods first",
                severity=Severity.WARNING,
                because=(Because(object=pod, path="spec", note="this pod"),),
            )


def _label(namespace: Namespace, mode: str) -> Because:
    path = f"metadata.labels[{PREFIX}{mode}]"
    return Because(object=namespace, path=path, note=f"what the namespace asks to {mode}")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
