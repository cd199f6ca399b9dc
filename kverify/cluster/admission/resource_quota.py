"""ResourceQuota: the last to be asked, because what is admitted here is charged at once.

Source: ``k8s.io/apiserver/pkg/admission/plugin/resourcequota`` (``CheckRequest``), with the plugin's default
configuration, in which nothing is limited that no quota names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kverify.api.registry import AnyObject
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.container import ResourceRequirements
from kverify.api.types.pod import Pod, PodSpec
from kverify.api.types.quota import ResourceQuota
from kverify.api.types.service import Service
from kverify.api.validation.report import Path
from kverify.cluster.admission.request import Because, Problem, Request
from kverify.cluster.admission.usage import Amounts, charge, covers, hard_amounts, matching, spell
from kverify.cluster.codes import QUOTA
from kverify.cluster.objects import describe

NAME = "ResourceQuota"
EXPLICIT = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
"""Resources that every container has to set where a quota names them."""

UPDATED = (Service, PersistentVolumeClaim)
"""Kinds that can cost more after an update; of all others only creation is charged."""


def validate(request: Request) -> tuple[Problem, ...]:
    """Everything that a quota of the namespace has against the object."""
    item = request.object
    if not request.namespace or not (request.creates or isinstance(item, UPDATED)):
        return ()
    quotas = [q for q in request.view.of_kind(ResourceQuota, request.namespace) if covers(q, item)]
    if not quotas:
        return ()
    cost = charge(item)
    old = {} if request.old is None else charge(request.old)
    problems: list[Problem] = []
    for quota in quotas:
        unset = list(unset_resources(quota, item))
        problems += unset
        if not unset:
            known = old if request.old is not None and covers(quota, request.old) else {}
            more = {name: max(0, amount - known.get(name, 0)) for name, amount in cost.items()}
            problems += exceeded(quota, request.view.used(quota), more, item)
    return tuple(problems)


def unset_resources(quota: ResourceQuota, item: AnyObject) -> Iterator[Problem]:
    """Requests and limits that containers leave open although ``quota`` counts them.

    A pod that sets resources for itself as a whole need not set them for its containers.
    """
    if not isinstance(item, Pod) or _sets_pod_level(item.spec):
        return
    names = [name for name in matching(item, quota.spec.hard) if name in EXPLICIT]
    spec, path = item.spec, Path().child("spec")
    for field, group in (("containers", spec.containers), ("initContainers", spec.init_containers)):
        for here, container in path.child(field).each(group):
            for name in names:
                which = "limits" if name.startswith("limits.") else "requests"
                resource = name.rpartition(".")[2]
                amounts: Mapping[str, object] = getattr(container.resources, which)
                if resource not in amounts:
                    word = which.removesuffix("s")
                    yield Problem(
                        plugin=NAME,
                        id=QUOTA,
                        message=f"{describe(quota)} counts {name}, so every container has to set a {word} of "
                        f"{resource}; {container.name} does not.",
                        path=here.child("resources", which),
                        mend=f"set resources.{which}.{resource}, or let a LimitRange fill it in",
                        because=(_limit(quota, name),),
                    )


def _sets_pod_level(spec: PodSpec) -> bool:
    resources = spec.resources or ResourceRequirements()
    return bool(resources.requests or resources.limits)


def exceeded(quota: ResourceQuota, used: Amounts, more: Amounts, item: AnyObject) -> Iterator[Problem]:
    """One problem for each resource of which there is not enough left."""
    hard = hard_amounts(quota)
    for name in matching(item, quota.spec.hard):
        need = more.get(name, 0)
        if need and used.get(name, 0) + need > hard[name]:
            like = quota.spec.hard[name]
            limit, taken, wanted = (spell(nano, like) for nano in (hard[name], used.get(name, 0), need))
            yield Problem(
                plugin=NAME,
                id=QUOTA,
                message=f"{describe(quota)} allows {limit} {name}; {taken} are used, and this needs {wanted} more.",
                path=_place(item, name),
                mend="raise the quota, or ask for less",
                because=(_limit(quota, name),),
            )


def _limit(quota: ResourceQuota, name: str) -> Because:
    return Because(object=quota, path=f"spec.hard[{name}]", note=f"at most {quota.spec.hard[name]} {name}")


def _place(item: AnyObject, name: str) -> Path:
    """The field that costs the resource, as near as it can be named."""
    if isinstance(item, Service) and name == "services.nodeports":
        return Path().child("spec", "ports")
    if isinstance(item, Service) and name == "services.loadbalancers":
        return Path().child("spec", "type")
    if isinstance(item, PersistentVolumeClaim) and name.endswith("requests.storage"):
        return Path().child("spec", "resources", "requests").key("storage")
    return Path().child("spec") if isinstance(item, Pod) else Path()
