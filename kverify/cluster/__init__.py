"""What exists and what is wanted: the objects of a run, how they refer to each other, and what is not modelled."""

from kverify.cluster.bundle import Bundle
from kverify.cluster.objects import (
    Key,
    Workload,
    controller_of,
    describe,
    is_finished,
    key_of,
    namespace_of,
    template_of,
    template_path,
    title,
)

__all__ = [
    "Bundle",
    "Key",
    "Workload",
    "controller_of",
    "describe",
    "is_finished",
    "key_of",
    "namespace_of",
    "template_of",
    "template_path",
    "title",
]
