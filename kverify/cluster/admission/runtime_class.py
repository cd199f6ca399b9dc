"""RuntimeClass: what the runtime itself costs is added to the pod, and where it is installed binds the pod.

Source: ``plugin/pkg/admission/runtimeclass``, ``pkg/util/tolerations.MergeTolerations``.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kverify.api.base import FrozenMap
from kverify.api.types.affinity import Toleration
from kverify.api.types.pod import Pod
from kverify.api.types.runtime import RuntimeClass
from kverify.api.validation.report import Path
from kverify.cluster.admission.request import Admitted, Because, Missing, Problem, Request, meant
from kverify.cluster.codes import RUNTIME_CLASS

NAME = "RuntimeClass"
_SPEC = Path().child("spec")


def admit(request: Request) -> Admitted:
    """Set the overhead, and merge node selector and tolerations of the pod's class."""
    pod = request.object
    if not isinstance(pod, Pod) or not request.creates:
        return Admitted(pod)
    name = pod.spec.runtime_class_name
    found = _class(request, pod)
    if name and found is None:
        if request.view.presumes("RuntimeClass", "", name):
            return Admitted(pod, assumed=(Missing(kind="RuntimeClass", namespace="", name=name),))
        message = f"There is no RuntimeClass {name}."
        mend = meant(name, request.view.of_kind(RuntimeClass))
        return Admitted(pod, (_problem(_SPEC.child("runtimeClassName"), message, mend),))
    if found is None:
        return Admitted(pod)
    spec = pod.spec
    problems = list(_conflicts(pod, found))
    if found.overhead is not None and not spec.overhead:
        spec = attrs.evolve(spec, overhead=found.overhead.pod_fixed)
    if found.scheduling is not None:
        spec = attrs.evolve(
            spec,
            node_selector=FrozenMap({**spec.node_selector, **found.scheduling.node_selector}),
            tolerations=merged(spec.tolerations, found.scheduling.tolerations),
        )
    return Admitted(attrs.evolve(pod, spec=spec), tuple(problems))


def validate(request: Request) -> tuple[Problem, ...]:
    """Overhead is the class's to set: a pod that has another one, or no class with one, is refused."""
    pod = request.object
    if not isinstance(pod, Pod) or not request.creates or not pod.spec.overhead:
        return ()
    found = _class(request, pod)
    if found is None and pod.spec.runtime_class_name:
        return ()  # missing: refused or assumed when it was looked up
    path = _SPEC.child("overhead")
    if found is None or found.overhead is None:
        what = (
            f"the RuntimeClass {found.metadata.name} has none" if found is not None else "it comes from a RuntimeClass"
        )
        message = f"A pod cannot set its overhead itself; {what}."
        mend = "remove overhead" + ("" if found is not None else ", or name a runtimeClassName")
        because = (Because(object=found, path="handler", note="no overhead"),) if found is not None else ()
        return (attrs.evolve(_problem(path, message, mend), because=because),)
    if pod.spec.overhead == found.overhead.pod_fixed:
        return ()
    message = f"The overhead is not that of the RuntimeClass {found.metadata.name}."
    because = (Because(object=found, path="overhead.podFixed", note="the overhead of every pod of this class"),)
    return (attrs.evolve(_problem(path, message, "remove overhead; it is filled in"), because=because),)


def _class(request: Request, pod: Pod) -> RuntimeClass | None:
    name = pod.spec.runtime_class_name
    found = request.view.find("RuntimeClass", "", name) if name else None
    return found if isinstance(found, RuntimeClass) else None


def _conflicts(pod: Pod, found: RuntimeClass) -> Iterator[Problem]:
    wanted = found.scheduling.node_selector if found.scheduling is not None else FrozenMap()
    for key, value in wanted.items():
        given = pod.spec.node_selector.get(key, value)
        if given != value:
            message = f"The pod asks for nodes with {key}={given}, its RuntimeClass for nodes with {key}={value}."
            note = f"the runtime is on nodes with {key}={value}"
            because = (Because(object=found, path=f"scheduling.nodeSelector[{key}]", note=note),)
            mend = f"remove {key} from the nodeSelector of one of the two"
            yield attrs.evolve(_problem(_SPEC.child("nodeSelector").key(key), message, mend), because=because)


def merged(first: tuple[Toleration, ...], second: tuple[Toleration, ...]) -> tuple[Toleration, ...]:
    """Both, without those that another one includes."""
    everything = (*first, *second)
    kept: list[Toleration] = []
    for number, toleration in enumerate(everything):
        later = (other for other in everything[number + 1 :] if other != toleration)
        if not any(includes(other, toleration) for other in (*kept, *later)):
            kept.append(toleration)
    return tuple(kept)


def includes(wide: Toleration, narrow: Toleration) -> bool:
    """``wide`` tolerates everything ``narrow`` does, as the API server judges it (``isSuperset``)."""
    if wide == narrow:
        return True
    if (narrow.key or "") != (wide.key or "") and (wide.key or wide.operator != "Exists"):
        return False
    if wide.effect and narrow.effect != wide.effect:
        return False
    if wide.effect == "NoExecute" and wide.toleration_seconds is not None:
        seconds = narrow.toleration_seconds
        if seconds is None or seconds > wide.toleration_seconds:
            return False
    if wide.operator in ("Equal", "", None):
        return narrow.operator == "Equal" and (narrow.value or "") == (wide.value or "")
    return wide.operator == "Exists"


def _problem(path: Path, message: str, mend: str) -> Problem:
    return Problem(plugin=NAME, id=RUNTIME_CLASS, message=message, path=path, mend=mend)
