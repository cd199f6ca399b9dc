"""Pods that admission takes: hardened as the namespace asks, or beside a quota with room for them."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.types.quota import ResourceQuota
from kverify.checks.finding import Finding
from kverify.checks.fixes.candidate import Candidate, change
from kverify.checks.given.context import Context
from kverify.cluster.bundle import describe
from kverify.manifest.edit import Edit, Put
from kverify.manifest.nodes import Plain, parse_path
from kverify.words import listing

_HARDENED: dict[str, Plain] = {
    "allowPrivilegeEscalation": False,
    "privileged": False,
    "runAsNonRoot": True,
    "seccompProfile.type": "RuntimeDefault",
    "capabilities.drop": ["ALL"],
}
"""The one value that the Pod Security levels take, or the one of them that is right for most images, by the end of the
path (https://kubernetes.io/docs/concepts/security/pod-security-standards/)."""


def hardened(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """Everything that Pod Security asks of the template, if it is asked for nothing else."""
    owner = next((item for item in ctx.bundle.wanted if describe(item) == finding.object), None)
    if owner is None:
        return
    edits: list[Edit] = []
    names: dict[str, None] = {}
    for cause in finding.causes:
        if " " in cause.path:
            # The namespace that asks.
            continue
        name = next((end for end in _HARDENED if cause.path.endswith(f".{end}")), None)
        if name is None:
            return
        names[name] = None
        edits.append(Put(parse_path(cause.path), _HARDENED[name]))
    if edits:
        yield Candidate(
            text=f"set {', '.join(names)} as the namespace's Pod Security level asks",
            changes=change(owner, *edits),
            cost="its containers run without root and without privileges; the image must be made for that",
        )


def quotas(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """Quotas of the manifests with room for what is refused."""
    own = {describe(quota): quota for quota in ctx.bundle.of_kind(ResourceQuota) if ctx.bundle.is_wanted(quota)}
    for repair in finding.repairs:
        if repair.quotas and all(raised.quota in own for raised in repair.quotas):
            edits: dict[str, list[Edit]] = {}
            for raised in repair.quotas:
                edits.setdefault(raised.quota, []).append(Put(("spec", "hard", raised.resource), raised.amount))
            resources = dict.fromkeys(raised.resource for raised in repair.quotas)
            yield Candidate(
                text=repair.text,
                changes=tuple(one for name, rows in edits.items() for one in change(own[name], *rows)),
                cost=f"the namespace may use more {listing(tuple(resources))}",
            )
