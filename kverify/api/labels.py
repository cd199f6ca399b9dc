"""Label selector semantics, in one place: controllers, services, spread constraints and affinities all ask here.

Source: k8s.io/apimachinery ``labels.Requirement.Matches``. ``NotIn`` and ``DoesNotExist`` match an object that does not
have the key. A nil selector matches nothing, an empty one matches everything (``metav1.LabelSelectorAsSelector``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

OPERATORS = ("DoesNotExist", "Exists", "In", "NotIn")


def requirement_matches(key: str, operator: str, values: Sequence[str], labels: Mapping[str, str]) -> bool:
    """Whether ``labels`` satisfy one ``matchExpressions`` entry.

    Raises ``ValueError`` for an operator that is not a label selector's: validation refuses such an object before.
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
    raise ValueError(f"{operator!r} is not a label selector operator; it is one of {', '.join(OPERATORS)}")


def map_matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether every pair of ``selector`` is in ``labels``: Service selectors, ``nodeSelector``, ``matchLabels``."""
    return all(labels.get(key) == value for key, value in selector.items())
