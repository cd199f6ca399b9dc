"""DefaultTolerationSeconds: a pod outlives five minutes of its node being silent.

Source: ``plugin/pkg/admission/defaulttolerationseconds``.
"""

from __future__ import annotations

import attrs

from kverify.api.types.affinity import Toleration
from kverify.api.types.pod import Pod
from kverify.cluster.admission.request import Admitted, Request

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
SECONDS = 300


def admit(request: Request) -> Admitted:
    """Add the two tolerations, each unless the pod already tolerates that taint for every effect or for NoExecute."""
    pod = request.object
    if not isinstance(pod, Pod):
        return Admitted(pod)
    tolerations = pod.spec.tolerations
    for key in (NOT_READY, UNREACHABLE):
        if not any(t.key in (key, None, "") and t.effect in ("NoExecute", None, "") for t in pod.spec.tolerations):
            added = Toleration(key=key, operator="Exists", effect="NoExecute", toleration_seconds=SECONDS)
            tolerations = (*tolerations, added)
    return Admitted(attrs.evolve(pod, spec=attrs.evolve(pod.spec, tolerations=tolerations)))
