"""When the taint eviction controller deletes a pod."""

from __future__ import annotations

import pytest

from kverify.api.types.affinity import Toleration
from kverify.api.types.node import Taint
from kverify.api.types.pod import PodSpec, PodTemplateSpec
from kverify.model.components.taint_eviction import seconds_left
from kverify.model.scheduling.framework import PodInfo

A = Taint(key="a", value="1", effect="NoExecute")
B = Taint(key="b", effect="NoExecute")
ENDLESS = Toleration(key="a", operator="Exists", effect="NoExecute")
SHORT = Toleration(key="a", operator="Exists", effect="NoExecute", toleration_seconds=10)
LONGER = Toleration(key="b", operator="Exists", effect="NoExecute", toleration_seconds=20)
ANY = Toleration(operator="Exists")


@pytest.mark.parametrize(
    ("tolerations", "taints", "seconds"),
    [
        ((), (), None),
        ((), (A,), 0),
        ((), (Taint(key="a", effect="NoSchedule"),), None),
        ((ENDLESS,), (A,), None),
        ((SHORT,), (A,), 10),
        ((ENDLESS,), (A, B), 0),
        ((SHORT, LONGER), (A, B), 10),
        ((ENDLESS, LONGER), (A, B), 20),
        ((ANY, SHORT), (A,), None),
        ((SHORT, ANY), (A,), 10),
        ((Toleration(key="a", operator="Exists", effect="NoExecute", toleration_seconds=-1),), (A,), 0),
        ((Toleration(key="a", operator="Equal", value="2", effect="NoExecute"),), (A,), 0),
        ((Toleration(key="a", operator="Exists", effect="NoSchedule"),), (A,), 0),
    ],
)
def test_seconds_left(tolerations: tuple[Toleration, ...], taints: tuple[Taint, ...], seconds: int | None) -> None:
    """As ``getMinTolerationTime`` has it, over the first toleration that matches each taint."""
    pod = PodInfo.of(PodTemplateSpec(spec=PodSpec(containers=(), tolerations=tolerations)), name="web")
    assert seconds_left(pod, taints) == seconds
