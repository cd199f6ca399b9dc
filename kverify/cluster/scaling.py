"""Between which counts horizontal pod autoscalers may hold a workload.

Which count the metrics ask for is the load's business, so every count of the range is possible at any time.
Source: ``reconcileAutoscaler`` and ``convertDesiredReplicasWithRules`` in pkg/controller/podautoscaler/horizontal.go.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.types import autoscaling_v1, autoscaling_v2
from kverify.cluster.bundle import Bundle
from kverify.cluster.objects import Key, key, namespace_of

Autoscaler = autoscaling_v1.HorizontalPodAutoscaler | autoscaling_v2.HorizontalPodAutoscaler


@frozen(eq=False)
class Scale:
    """``autoscaler`` holds its target between ``low`` and ``high`` replicas; ``shrinks`` and ``grows`` say whether its
    policies let it go down and up inside the range."""

    autoscaler: Autoscaler
    low: int
    high: int
    shrinks: bool = True
    grows: bool = True

    def counts(self, replicas: int) -> range:
        """All counts that a workload with ``replicas`` in its spec can come to.

        A count outside the range is brought into it, whatever the policies. With ``replicas: 0`` the autoscaler does
        nothing until somebody sets another count (``ScalingDisabled``), unless its own minimum is 0.
        """
        if replicas == 0 and self.low > 0:
            return range(1)
        first = min(max(replicas, self.low), self.high)
        return range(self.low if self.shrinks else first, (self.high if self.grows else first) + 1)

    def first(self, replicas: int) -> int:
        """The count that a workload with ``replicas`` in its spec comes to whatever the load: the nearest one."""
        counts = self.counts(replicas)
        return min(max(replicas, counts[0]), counts[-1])


def fewest(item: Autoscaler) -> int:
    """``minReplicas``, which is 1 where nothing is said (``SetDefaults_HorizontalPodAutoscaler``)."""
    return 1 if item.spec.min_replicas is None else item.spec.min_replicas


def target_of(item: Autoscaler) -> Key:
    """The key of what ``item`` scales. Older API versions of a workload lead to the same object."""
    target = item.spec.scale_target_ref
    group, slash, _ = (target.api_version or "").partition("/")
    named = None if group == "extensions" else group if slash else ""
    return key(target.kind, namespace_of(item), target.name, named)


def scales(bundle: Bundle) -> Mapping[Key, Scale]:
    """The autoscalers of a run, by the key of what they scale. Of two for one target (KV2008) the range is where
    either may take it."""
    found: dict[Key, Scale] = {}
    for item in bundle.of_kind("HorizontalPodAutoscaler"):
        if not isinstance(item, Autoscaler):
            continue
        where = target_of(item)
        low = fewest(item)
        scale = Scale(item, low, max(low, item.spec.max_replicas), _may(item, "scale_down"), _may(item, "scale_up"))
        other = found.get(where)
        if other is not None:
            scale = Scale(
                other.autoscaler,
                min(low, other.low),
                max(scale.high, other.high),
                scale.shrinks or other.shrinks,
                scale.grows or other.grows,
            )
        found[where] = scale
    return found


def _may(item: Autoscaler, direction: str) -> bool:
    """``behavior.scaleDown`` or ``scaleUp`` is not switched off (``selectPolicy: Disabled``)."""
    behavior = item.spec.behavior if isinstance(item, autoscaling_v2.HorizontalPodAutoscaler) else None
    rules = getattr(behavior, direction, None)
    return rules is None or rules.select_policy != "Disabled"
