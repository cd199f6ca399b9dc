"""NamespaceLifecycle: nothing is created in a namespace that does not exist or is on its way out.

Source: ``k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle``.
"""

from __future__ import annotations

from kverify.api.types.namespace import Namespace
from kverify.api.validation.report import Path
from kverify.cluster.admission.request import Admitted, Because, Missing, Problem, Request, meant
from kverify.cluster.codes import NAMESPACE

NAME = "NamespaceLifecycle"
NOT_FOUND = 404
_PATH = Path().child("metadata", "namespace")


def admit(request: Request) -> Admitted:
    """Refuse what is in no namespace of the cluster, and what is new in a terminating one."""
    name = request.namespace
    if not name:
        return Admitted(request.object)
    found = request.view.find("Namespace", "", name)
    if found is None:
        if request.view.presumes("Namespace", "", name):
            return Admitted(request.object, assumed=(Missing(kind="Namespace", namespace="", name=name),))
        message = f"The namespace {name} does not exist."
        mend = meant(name, request.view.of_kind(Namespace))
        problem = Problem(plugin=NAME, id=NAMESPACE, message=message, path=_PATH, mend=mend, code=NOT_FOUND)
        return Admitted(request.object, (problem,))
    terminating = isinstance(found, Namespace) and found.status.phase == "Terminating"
    if not request.creates or not (terminating or found.metadata.deletion_timestamp is not None):
        return Admitted(request.object)
    problem = Problem(
        plugin=NAME,
        id=NAMESPACE,
        message=f"The namespace {name} is being deleted, and nothing new is created in it.",
        path=_PATH,
        mend="wait until it is gone and create it again, or use another namespace",
        because=(Because(object=found, path="status.phase", note="the namespace is Terminating"),),
    )
    return Admitted(request.object, (problem,))
