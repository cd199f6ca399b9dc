"""Other numbers of pods: of a workload, and between which its autoscaler holds it."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.labels import HOSTNAME
from kverify.api.types.pod import Pod
from kverify.api.types.service import Service
from kverify.checks.finding import Finding
from kverify.checks.fixes.candidate import Candidate, change, pod_path, subject_of, written
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.cluster.bundle import describe, template_of
from kverify.manifest.edit import Add, Put, Remove
from kverify.manifest.nodes import Plain
from kverify.words import count

REPLICAS = ("spec", "replicas")
_FEWER = 4
"""So many smaller numbers are tried."""


def behind(ctx: Context, finding: Finding) -> Iterator[Subject]:
    """The workload that a finding is about, or those whose pods its Service selects."""
    found = subject_of(ctx, finding)
    if found is not None:
        yield found
        return
    for service in ctx.bundle.of_kind(Service):
        if describe(service) == finding.object:
            yield from (subject for subject in ctx.guards.behind(service) if subject.wanted)


def fewer(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """The most replicas below those asked for with which all is well, if they are half of those at least."""
    subject = subject_of(ctx, finding)
    if subject is None or not subject.managed or subject.scaled:
        return
    half = (subject.replicas + 1) // 2
    for replicas in range(subject.replicas - 1, max(half, subject.replicas - _FEWER) - 1, -1):
        less = count(subject.replicas - replicas, "pod")
        yield _to(subject, replicas, f"{less} less, so {less} less to serve")


def more(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """One replica more."""
    for subject in behind(ctx, finding):
        if subject.managed and not subject.scaled:
            yield _to(subject, subject.replicas + 1, "one pod more")


def more_apart(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """A second replica that is not on the node of the first."""
    for subject in behind(ctx, finding):
        if subject.managed and not subject.scaled and subject.replicas == 1 and not ctx.open:
            constraint: Plain = {
                "maxSkew": 1,
                "topologyKey": HOSTNAME,
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": dict(template_of(subject.object).metadata.labels)},
                "matchLabelKeys": ["pod-template-hash"],
            }
            edits = (Put(REPLICAS, 2), Add((*pod_path(subject), "topologySpreadConstraints"), constraint))
            yield Candidate(
                text=f"set spec.replicas of {subject.title} to 2, spread over nodes (topologySpreadConstraints)",
                changes=change(subject.object, *edits),
                cost="one pod more, on another node",
            )


def _to(subject: Subject, replicas: int, cost: str) -> Candidate:
    return Candidate(
        text=f"set spec.replicas of {subject.title} to {replicas}",
        changes=change(subject.object, Put(REPLICAS, replicas)),
        cost=cost,
    )


def unset(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """The number is left to the autoscaler."""
    subject = subject_of(ctx, finding)
    if subject is not None and not isinstance(subject.object, Pod) and written(subject.object, REPLICAS) is not None:
        yield Candidate(
            text="take spec.replicas out of the manifest: the autoscaler sets it",
            changes=change(subject.object, Remove(REPLICAS)),
            # Where the input has what was applied last, the check says so itself, and the next candidate is tried.
            cost="the next client-side apply sets 1, once, unless kubectl apply edit-last-applied took it out before",
        )


def least(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """The number at which the autoscaler begins."""
    subject = subject_of(ctx, finding)
    if subject is not None and subject.scale is not None:
        low = max(1, subject.scale.low)
        yield Candidate(
            text=f"set spec.replicas to {low}, the least of {describe(subject.scale.autoscaler)}",
            changes=change(subject.object, Put(REPLICAS, low)),
        )


def higher_least(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """An autoscaler that keeps one pod more at least, and so on."""
    subject = subject_of(ctx, finding)
    if subject is None or subject.scale is None:
        return
    autoscaler = subject.scale.autoscaler
    for low in range(subject.scale.low + 1, min(subject.scale.low + 1 + _FEWER, subject.scale.high + 1)):
        yield Candidate(
            text=f"set spec.minReplicas of {describe(autoscaler)} to {low}",
            changes=change(autoscaler, Put(("spec", "minReplicas"), low)),
            cost=f"{count(low - subject.scale.low, 'pod')} more when there is no load",
        )


def lower_most(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """An autoscaler that asks for less at most."""
    subject = subject_of(ctx, finding)
    if subject is None or subject.scale is None:
        return
    autoscaler = subject.scale.autoscaler
    for high in range(subject.scale.high - 1, max(subject.scale.low, 1, subject.scale.high - 1 - _FEWER) - 1, -1):
        yield Candidate(
            text=f"set spec.maxReplicas of {describe(autoscaler)} to {high}",
            changes=change(autoscaler, Put(("spec", "maxReplicas"), high)),
            cost=f"{count(subject.scale.high - high, 'pod')} less under load",
        )
