"""Every diagnostic of this layer: KV20xx, objects that do not go together."""

from __future__ import annotations

from kverify.manifest.codes import Code
from kverify.manifest.diagnostics import Severity

DOUBLE = "KV2000"
SERVICE = "KV2001"
BUDGET = "KV2002"
MISSING_KEY = "KV2003"
MISSING_OBJECT = "KV2004"
MISSING_PORT = "KV2005"
OVERLAP = "KV2006"
NETWORK_POLICY = "KV2007"
AMBIGUOUS = "KV2008"

ALL = tuple(
    Code(id, Severity.WARNING, title)
    for id, title in (
        (DOUBLE, "The same object is given twice; only the later one would be left."),
        (SERVICE, "A Service selects no pod of the input."),
        (BUDGET, "A PodDisruptionBudget protects no pod of the input."),
        (MISSING_KEY, "A ConfigMap or Secret of the input lacks a key that a pod reads."),
        (MISSING_OBJECT, "An object that is named is not there; an error where references are declared to be closed."),
        (MISSING_PORT, "A Service lacks a port that is named, or the pods it selects do."),
        (OVERLAP, "Two controllers select the same pods."),
        (NETWORK_POLICY, "A NetworkPolicy applies to no pod of the input."),
        (AMBIGUOUS, "Two objects claim what only one can have: a pod's budget, a scale target, a route."),
    )
)
"""KV2000 is an error among the manifests about to be applied."""
