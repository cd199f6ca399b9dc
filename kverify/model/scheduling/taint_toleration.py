"""TaintToleration: a pod must tolerate every NoSchedule and NoExecute taint of its node.

Source: pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go and ``Toleration.ToleratesTaint`` in
k8s.io/api/core/v1/toleration.go. ``PreferNoSchedule`` only scores; ``tolerationSeconds`` is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from attrs import frozen

from kverify.api.types.affinity import Toleration
from kverify.api.types.node import Taint
from kverify.model.scheduling.explain import listing, near_miss
from kverify.model.scheduling.framework import Plugin, PodInfo, Requirement, Snapshot

NAME = "TaintToleration"
SCHEDULING_EFFECTS = ("NoSchedule", "NoExecute")


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    """Whether ``toleration`` covers ``taint``: an empty key or effect stands for all, no operator means Equal."""
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    match toleration.operator or "Equal":
        case "Equal":
            return (toleration.value or "") == (taint.value or "")
        case "Exists":
            return True
    return False


def untolerated(pod: PodInfo, taints: tuple[Taint, ...]) -> Iterator[Taint]:
    """The taints that keep ``pod`` off a node, in the order of the node."""
    for taint in taints:
        if taint.effect in SCHEDULING_EFFECTS and not any(tolerates(t, taint) for t in pod.spec.tolerations):
            yield taint


def requirements(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """One failing requirement for each taint the pod does not tolerate."""
    for taint in untolerated(pod, snapshot.nodes[node_index].taints):
        miss = _nearest_toleration(pod, taint)
        yield Requirement(
            plugin=NAME,
            holds=False,
            reason=f"node(s) had untolerated taint {{{taint.key}: {taint.value or ''}}}",
            path="tolerations" if miss is None else f"tolerations[{miss.index}]",
            stable=True,
            resolvable=False,
            explain=partial(_explain, taint, miss, len(pod.spec.tolerations)),
        )


PLUGIN = Plugin(NAME, requirements)


@frozen
class _Miss:
    """How a toleration fails to cover a taint: what each says, by component."""

    index: int
    toleration: Toleration
    wrong: tuple[str, ...]
    swapped: bool


def _nearest_toleration(pod: PodInfo, taint: Taint) -> _Miss | None:
    """The toleration that takes the smallest change, or ``None`` when none is about this taint."""
    misses = []
    for index, toleration in enumerate(pod.spec.tolerations):
        operator = toleration.operator or "Equal"
        key, value = toleration.key or "", toleration.value or ""
        wrong = []
        if key and key != taint.key:
            wrong.append("key")
        if operator not in ("Equal", "Exists"):
            wrong.append("operator")
        elif operator == "Equal" and value != (taint.value or ""):
            wrong.append("value")
        if toleration.effect and toleration.effect != taint.effect:
            wrong.append("effect")
        swapped = bool(key and taint.value) and (key, value) == (taint.value, taint.key)
        same_key = key.casefold() == taint.key.casefold()
        if swapped or same_key or (not key and operator == "Exists"):
            misses.append(_Miss(index, toleration, tuple(wrong), swapped))
    return min(misses, key=lambda miss: (len(miss.wrong), miss.index), default=None)


_EMPTY = '""'


def toleration_of(taint: Taint) -> Toleration:
    """The toleration that is for ``taint`` alone, and for ever."""
    operator = "Equal" if taint.value else "Exists"
    return Toleration(key=taint.key, operator=operator, value=taint.value or None, effect=taint.effect)


def taint_text(taint: Taint) -> str:
    """As ``kubectl taint`` writes it, and ``Taint.ToString`` in k8s.io/api/core/v1/taint.go."""
    return f"{taint.key}={taint.value}:{taint.effect}" if taint.value else f"{taint.key}:{taint.effect}"


def _explain(taint: Taint, miss: _Miss | None, tolerations: int) -> str:
    if miss is None:
        wanted = f"key {taint.key}" + (f", value {taint.value}" if taint.value else ", operator Exists")
        owned = "no toleration" if not tolerations else "no toleration with that key"
        return f"the pod has {owned}; the taint {taint_text(taint)} takes one with {wanted} and effect {taint.effect}"
    toleration = miss.toleration
    has = {
        "key": toleration.key or "",
        "value": toleration.value or "",
        "effect": toleration.effect or "",
        "operator": toleration.operator or "",
    }
    needs = {"key": taint.key, "value": taint.value or "", "effect": taint.effect, "operator": "Equal or Exists"}
    left = listing(f"{part} {has[part] or _EMPTY}" for part in miss.wrong)
    right = listing(f"{part} {needs[part] or _EMPTY}" for part in miss.wrong)
    verb = "needs" if "operator" in miss.wrong else "has"
    text = f"toleration {miss.index} has {left}, the taint {taint_text(taint)} {verb} {right}"
    return text + _hint(miss, has, needs)


def _hint(miss: _Miss, has: dict[str, str], needs: dict[str, str]) -> str:
    if miss.swapped:
        return ": key and value look swapped"
    if miss.wrong == ("value",) and not has["value"]:
        return ": without a value and an operator, only the empty value is tolerated (operator Exists takes any)"
    if miss.wrong == ("effect",):
        return f": it has to name {needs['effect']}, or no effect, which tolerates all"
    for part in miss.wrong:
        if has[part] and has[part].casefold() == needs[part].casefold():
            return f": {near_miss(part, has[part], needs[part])}"
    return ""
