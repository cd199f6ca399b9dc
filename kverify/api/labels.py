"""Label selector semantics, in one place: controllers, services, spread constraints and affinities all ask here.

Source: k8s.io/apimachinery ``labels.Requirement.Matches``. ``NotIn`` and ``DoesNotExist`` match an object that does not
have the key. A nil selector matches nothing, an empty one matches everything (``metav1.LabelSelectorAsSelector``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

OPERATORS = ("DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn")
"""Gt and Lt are those of node affinity and of selectors written as text; a ``LabelSelector`` has the other four."""

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
"""What nodes are told apart by (k8s.io/api/core/v1/well_known_labels.go)."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
DEPRECATED_NODE_LABELS = {
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region": REGION,
    "failure-domain.beta.kubernetes.io/zone": ZONE,
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "app.kubernetes.io/created-by": "",
    "scheduler.alpha.kubernetes.io/preferAvoidPods": "",
    "node-role.kubernetes.io/master": "node-role.kubernetes.io/control-plane",
}
"""Labels of nodes that the API server warns about in selectors, and what replaces them (``pkg/api/node/util.go``)."""


def requirement_matches(key: str, operator: str, values: Sequence[str], labels: Mapping[str, str]) -> bool:
    """Whether ``labels`` satisfy one requirement, an entry of ``matchExpressions`` for one.

    Raises ``ValueError`` for an operator that no requirement has: validation refuses such an object before.
    """
    match operator:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case "Gt" | "Lt":
            actual = parse_int64(labels.get(key, ""))
            bound = parse_int64(values[0]) if len(values) == 1 else None
            if actual is None or bound is None:
                return False
            return actual > bound if operator == "Gt" else actual < bound
    raise ValueError(f"{operator!r} is not a label selector operator; it is one of {', '.join(OPERATORS)}")


def map_matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether every pair of ``selector`` is in ``labels``: Service selectors, ``nodeSelector``, ``matchLabels``."""
    return all(labels.get(key) == value for key, value in selector.items())


def parse_int64(text: str) -> int | None:
    """``strconv.ParseInt(text, 10, 64)``: a sign and leading zeros are fine, spaces, underscores and 2⁶³ are not."""
    if len(text) > 4096 or not _INTEGER.fullmatch(text):
        return None
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 63 else None
