"""Storage classes and priority classes that are among the manifests."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.types.scheduling import PriorityClass
from kverify.api.types.storage import StorageClass
from kverify.checks.finding import Finding
from kverify.checks.fixes.candidate import Candidate, change
from kverify.checks.given.context import Context
from kverify.cluster.bundle import describe
from kverify.manifest.edit import Put

_BINDING = "volumeBindingMode"


def binding(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """Volumes are made where the pod goes, not before."""
    del finding
    for item in ctx.bundle.of_kind(StorageClass):
        if ctx.bundle.is_wanted(item) and item.volume_binding_mode == "Immediate":
            edit = Put((_BINDING,), "WaitForFirstConsumer", ("provisioner", "parameters", "reclaimPolicy"))
            yield Candidate(
                text=f"set {_BINDING} of {describe(item)} to WaitForFirstConsumer", changes=change(item, edit)
            )


def never_preempt(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """Pods of the class wait for room in place of making it."""
    for cause in finding.causes:
        for item in ctx.bundle.of_kind(PriorityClass):
            if cause.path.startswith(f"{describe(item)} ") and ctx.bundle.is_wanted(item):
                edit = Put(("preemptionPolicy",), "Never", ("value", "globalDefault"))
                yield Candidate(
                    text=f"set preemptionPolicy: Never in {describe(item)}",
                    changes=change(item, edit),
                    cost="its pods wait until there is room",
                )
