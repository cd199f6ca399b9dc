"""How a control of the Pod Security Standards is written down, and what looks at a pod for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from attrs import frozen

from kverify.api.types.container import Container
from kverify.api.types.meta import ObjectMeta
from kverify.api.types.pod import PodSpec
from kverify.api.validation.report import Path

SPEC = Path().child("spec")
ANNOTATIONS = Path().child("metadata", "annotations")


@frozen
class Violation:
    """A field that breaks a control: what is wrong in one clause, and what to write instead."""

    path: Path
    text: str
    mend: str


Look: TypeAlias = Callable[[ObjectMeta, PodSpec], Iterator[Violation]]


@frozen(kw_only=True)
class Control:
    """One control: from which minor version of the standards on it is looked at in which way.

    ``replaces`` names the baseline control that a restricted one is stricter than, so that it need not be asked too.
    """

    id: str
    since: tuple[tuple[int, Look], ...]
    replaces: str = ""

    def at(self, minor: int) -> Look | None:
        """The rule of a version of the standards; ``None`` before there was one."""
        return next((look for first, look in reversed(self.since) if first <= minor), None)


def containers(spec: PodSpec) -> Iterator[tuple[Path, Container]]:
    """Every container of a pod; a sidecar is an init container like any other."""
    for field, group in (
        ("initContainers", spec.init_containers),
        ("containers", spec.containers),
        ("ephemeralContainers", spec.ephemeral_containers),
    ):
        yield from SPEC.child(field).each(group)


def in_user_namespace(spec: PodSpec) -> bool:
    return spec.host_users is False


def is_windows(spec: PodSpec) -> bool:
    return spec.os is not None and spec.os.name == "windows"
