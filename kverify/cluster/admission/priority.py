"""Priority: a pod's class becomes a number, and at most one class is everybody's.

Source: ``plugin/pkg/admission/priority`` and ``pkg/apis/scheduling/v1/helpers.go``.
"""

from __future__ import annotations

import attrs

from kverify.api.types.pod import Pod
from kverify.api.types.scheduling import PriorityClass
from kverify.api.validation.policy import SYSTEM_PRIORITIES
from kverify.api.validation.report import Path
from kverify.cluster.admission.request import Admitted, Because, Missing, Problem, Request, meant
from kverify.cluster.codes import PRIORITY

NAME = "Priority"
PREEMPT = "PreemptLowerPriority"
_SPEC = Path().child("spec")


def admit(request: Request) -> Admitted:
    """Resolve ``priorityClassName``; without one, the class marked ``globalDefault`` counts, else 0."""
    pod = request.object
    if not isinstance(pod, Pod) or not request.creates:
        return Admitted(pod)
    name = pod.spec.priority_class_name
    found = _find(request, name) if name else default_class(request)
    if name and found is None:
        if request.view.presumes("PriorityClass", "", name):
            return Admitted(pod, assumed=(Missing(kind="PriorityClass", namespace="", name=name),))
        message = f"There is no PriorityClass {name}."
        mend = meant(name, request.view.of_kind(PriorityClass))
        problem = _problem(_SPEC.child("priorityClassName"), message, mend)
        return Admitted(pod, (problem,))
    value = found.value if found is not None else 0
    policy = (found.preemption_policy if found is not None else None) or PREEMPT
    because: tuple[Because, ...] = ()
    if found is not None and found.source.document is not None:
        note = f"the class gives {value} and {policy}"
        because = (Because(object=found, path="value", note=note),)
    problems = tuple(
        attrs.evolve(
            _problem(
                _SPEC.child(field),
                f"{field} is {given}, and its class makes it {computed}.",
                f"leave {field} out; it follows from priorityClassName",
            ),
            because=because,
        )
        for field, given, computed in (
            ("priority", pod.spec.priority, value),
            ("preemptionPolicy", pod.spec.preemption_policy, policy),
        )
        if given is not None and given != computed
    )
    spec = attrs.evolve(
        pod.spec,
        priority=value,
        preemption_policy=policy,
        priority_class_name=found.metadata.name if found is not None else name,
    )
    return Admitted(attrs.evolve(pod, spec=spec), problems)


def _find(request: Request, name: str) -> PriorityClass | None:
    found = request.view.find("PriorityClass", "", name)
    if isinstance(found, PriorityClass):
        return found
    if name not in SYSTEM_PRIORITIES:
        return None  # the API server makes those for itself
    metadata = attrs.evolve(PriorityClass().metadata, name=name)
    return PriorityClass(metadata=metadata, value=SYSTEM_PRIORITIES[name], preemption_policy=PREEMPT)


def default_class(request: Request) -> PriorityClass | None:
    """The class marked ``globalDefault``; of several, which only a race can leave, the one of least value."""
    marked = [item for item in request.view.of_kind(PriorityClass) if item.global_default]
    return min(marked, key=lambda item: item.value, default=None)


def validate(request: Request) -> tuple[Problem, ...]:
    """A second ``globalDefault`` is refused."""
    item = request.object
    if not isinstance(item, PriorityClass) or not item.global_default:
        return ()
    others = [
        other
        for other in request.view.of_kind(PriorityClass)
        if other.global_default and other.metadata.name != item.metadata.name
    ]
    if not others:
        return ()
    name = others[0].metadata.name
    message = f"The PriorityClass {name} is the global default already, and there can be only one."
    because = (Because(object=others[0], path="globalDefault", note="the global default"),)
    problem = _problem(Path().child("globalDefault"), message, "leave globalDefault out of one of the two")
    return (attrs.evolve(problem, because=because),)


def _problem(path: Path, message: str, mend: str) -> Problem:
    return Problem(plugin=NAME, id=PRIORITY, message=message, path=path, mend=mend)
