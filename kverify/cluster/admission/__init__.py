"""What the default admission plugins of kube-apiserver do with an object, given what the cluster holds.

``admit`` sends one object through all of them; one module is one plugin, ``chain`` has their order. ``Admission`` does
it for everything wanted, and for the pods that controllers will create.
"""

from kverify.cluster.admission.chain import CHAIN, admit
from kverify.cluster.admission.request import Admitted, Because, Missing, Operation, Problem, Request
from kverify.cluster.admission.room import Limit, limits_of, one_more, tightest
from kverify.cluster.admission.view import BundleView, ClusterView
from kverify.cluster.admission.wanted import Admission, Refused, Shortage

__all__ = [
    "CHAIN",
    "Admission",
    "Admitted",
    "Because",
    "BundleView",
    "ClusterView",
    "Limit",
    "Missing",
    "Operation",
    "Problem",
    "Refused",
    "Request",
    "Shortage",
    "admit",
    "limits_of",
    "one_more",
    "tightest",
]
