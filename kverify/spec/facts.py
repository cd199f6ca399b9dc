"""The objects that a specification speaks of: those of a bundle, and the pods that they make.

``Pod`` means every pod there will be: bare Pods, and one for each template (of Deployments, StatefulSets, Jobs, ...) as
admission leaves it, with the name and namespace of its owner. A field of such a pod is a field of the owner's template.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, evolve, field

from kverify.api.object import KubeObject
from kverify.api.registry import AnyObject
from kverify.api.types.pod import Pod
from kverify.cluster.admission import Admission
from kverify.cluster.objects import controller_of, namespace_of, templates_of
from kverify.manifest.nodes import parse_path
from kverify.spec.language.types import GROUPS, ObjectType, kinds
from kverify.spec.language.values import Item


@define(eq=False)
class BundleFacts:
    """The objects of one run. ``subjects`` are what ``Workload`` stands for."""

    admission: Admission
    _known: dict[str, tuple[Item, ...]] = field(factory=dict, init=False)

    def objects(self, kind: str) -> tuple[Item, ...]:
        """All objects of a kind or group, in the order of the input."""
        if kind not in self._known:
            self._known[kind] = tuple(self._find(kind))
        return self._known[kind]

    def _find(self, kind: str) -> Iterator[Item]:
        bundle = self.admission.bundle
        if kind == "Pod":
            yield from self._pods()
        elif kind in GROUPS:
            yield from (Item(workload, workload) for workload in bundle.workloads)
        else:
            known: ObjectType = kinds()[kind]
            yield from (Item(o, o) for o in bundle.of_kind(kind) if isinstance(o, known.cls))

    def _pods(self) -> Iterator[Item]:
        for item in self.admission.bundle.objects:
            if isinstance(item, Pod):
                yield Item(item, item)
            elif isinstance(item, KubeObject) and not _is_made(item):
                yield from self._made_by(item)

    def _made_by(self, owner: KubeObject) -> Iterator[Item]:
        for path, template in templates_of(owner):
            admitted = self.admission.pod(owner)
            spec = admitted.object.spec if admitted is not None and isinstance(admitted.object, Pod) else template.spec
            metadata = evolve(template.metadata, name=owner.metadata.name, namespace=namespace_of(owner))
            yield Item(Pod(metadata=metadata, spec=spec), owner, tuple(parse_path(path)))


def _is_made(item: AnyObject) -> bool:
    """Something else of the input makes it: its template is that of its owner."""
    owner = controller_of(item)
    return item.kind == "PodTemplate" or (owner is not None and owner.kind in ("Deployment", "CronJob"))
