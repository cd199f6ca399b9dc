"""ImageLocality: nodes that have the pod's images already, large ones above all, and images that many nodes have.

Source: pkg/scheduler/framework/plugins/imagelocality/image_locality.go, and ``addNodeImageStates`` in
pkg/scheduler/backend/cache/cache.go: an image has the size that the first node reports which has it. Images of volumes
count in the sum and not in the limit (kubernetes/kubernetes#138952).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kverify.model.scheduling.framework import PodInfo, Snapshot
from kverify.model.scheduling.scoring.framework import MAX_SCORE, ScorePlugin

NAME = "ImageLocality"
_MEGABYTE = 1 << 20
_LEAST = 23 * _MEGABYTE
_MOST_OF_A_CONTAINER = 1000 * _MEGABYTE


def score(pod: PodInfo, nodes: Sequence[int], snapshot: Snapshot) -> list[int]:
    """The sum of the images' sizes, each scaled by the part of all nodes that has it, between 23 MiB and 1,000 MiB for
    each container."""
    scaled = snapshot.memo(NAME, lambda: _scaled(snapshot))
    containers = (*pod.spec.init_containers, *pod.spec.containers)
    names = [container.image or "" for container in containers]
    names += [volume.image.reference or "" for volume in pod.spec.volumes if volume.image is not None]
    images = [_normal(name) for name in names]
    most = _MOST_OF_A_CONTAINER * len(containers)
    scores = []
    for node in nodes:
        present = snapshot.nodes[node].images
        found = sum(scaled[image] for image in images if image in present)
        scores.append(MAX_SCORE * (min(max(found, _LEAST), most) - _LEAST) // (most - _LEAST))
    return scores


PLUGIN = ScorePlugin(NAME, score)


def _scaled(snapshot: Snapshot) -> Mapping[str, int]:
    """What each image is worth on a node that has it."""
    sizes: dict[str, int] = {}
    having: dict[str, int] = {}
    for node in snapshot.nodes:
        for name, size in node.images.items():
            sizes.setdefault(name, size)
            having[name] = having.get(name, 0) + 1
    return {name: int(float(size) * (having[name] / len(snapshot.nodes))) for name, size in sizes.items()}


def _normal(name: str) -> str:
    """``normalizedImageName``: without a tag or digest it is ``latest``."""
    return name if name.rfind(":") > name.rfind("/") else f"{name}:latest"
