"""KV3006: pods that carry scheduling gates are not scheduled before somebody has removed the last one."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.registry import AnyObject
from kverify.checks.finding import Answer, Certainty, Finding
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.pods import at, pod_field, pod_info
from kverify.checks.names import RELEASED
from kverify.cluster.admission import Admission
from kverify.cluster.objects import describe
from kverify.engines.verdict import Outcome, Verdict
from kverify.manifest.diagnostics import Diagnostic
from kverify.model.scheduling import scheduling_gates

METHOD = "the pod's scheduling gates"
ASSUMPTION = "scheduling gates are removed by somebody some day"
WHY = (
    "A pod with scheduling gates stays SchedulingGated: the scheduler does not look at it before somebody has "
    "removed all of them (https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/)."
)


def gated(admission: Admission) -> Iterator[tuple[AnyObject, Finding]]:
    """Every object of the manifests whose pods wait for a gate, with the finding. It is a warning: gates are there to
    be removed, only not by anything that the input shows. Everything else is asked as if they were."""
    for owner in admission.bundle.wanted:
        pod = pod_info(admission, owner)
        reason = None if pod is None else scheduling_gates.waiting(pod)
        if pod is None or reason is None:
            continue
        yield (
            owner,
            Finding(
                id="KV3006",
                severity=standard.severity("KV3006"),
                object=describe(owner),
                message=f"its pods are not scheduled until somebody removes their gates: {reason}",
                property=RELEASED,
                causes=(at(owner, pod_field(owner, pod, "schedulingGates")),),
                certainty=Certainty.CERTAIN,
                outcome="The pods stay SchedulingGated; nothing in the input removes the gates.",
                why=WHY,
                verdict=Verdict(
                    outcome=Outcome.VIOLATED, method=METHOD, scope=f"every pod of {describe(owner)}", certain=True
                ),
            ),
        )


def as_diagnostic(finding: Finding) -> Diagnostic:
    """The finding in the form of a problem of the input."""
    cause = finding.causes[0]
    return Diagnostic(
        id=finding.id,
        severity=finding.severity,
        message=f"{finding.message[:1].upper()}{finding.message[1:]}.",
        span=cause.span,
        path=cause.path,
        object=finding.object,
        mend="everything else is asked as if somebody did",
    )


def check(ctx: Context, _pods: str) -> Iterator[Answer]:
    """A finding for every object of the manifests whose pods are held back."""
    for _, finding in gated(ctx.admission):
        yield finding
