"""The unit of a run: one property, asked of one object.

Questions do not depend on each other. That is what lets several processes, or several machines, share a run
(``pool.py``), and what a run that is ended early has answered so far. What only all objects of a property together
show is asked last, of the answers (``Check.together``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from kverify.api.types.pod import Pod
from kverify.api.types.service import Service
from kverify.checks.names import TOGETHER
from kverify.cluster.objects import describe, templates_of

if TYPE_CHECKING:
    from kverify.api.registry import AnyObject
    from kverify.checks.finding import Answer
    from kverify.checks.given.context import Context
    from kverify.checks.given.subject import Subject

_OTHER_KINDS = ("CronJob", "DaemonSet", "Job", "ReplicationController", "StatefulSet")
EVERYTHING = ("everything",)
"""The one object of a property that is about the whole input."""


def everything(_: Context) -> Sequence[str]:
    """The objects of a property that is asked once."""
    return EVERYTHING


def workloads(ctx: Context) -> Sequence[Subject]:
    """The objects of a property that every workload of the manifests is asked about."""
    return ctx.checked


def with_other_kinds(ctx: Context) -> Sequence[Subject | AnyObject]:
    """The workloads of the manifests, and those of kinds that are not modelled and whose pods are counted."""
    others = (item for item in ctx.bundle.wanted if item.kind in _OTHER_KINDS and ctx.speaks_of(item))
    return [*ctx.checked, *others]


def makers(ctx: Context) -> Sequence[AnyObject]:
    """The objects of a property that every pod of the manifests is asked about, and all that makes pods."""
    return [item for item in ctx.bundle.wanted if _makes_pods(item) and ctx.speaks_of(item)]


def all_pods(ctx: Context) -> Sequence[str]:
    """The one object of a property that is about all pods together; none where the manifests have none."""
    return EVERYTHING if any(map(_makes_pods, ctx.bundle.wanted)) else ()


def _makes_pods(item: AnyObject) -> bool:
    return isinstance(item, Pod) or next(templates_of(item), None) is not None


def services(ctx: Context) -> Sequence[Service]:
    """The Services of the manifests, and those that select pods of the manifests, as far as these are asked about."""
    return [
        service
        for service in ctx.bundle.of_kind(Service)
        if (ctx.bundle.is_wanted(service) or any(s.wanted for s in ctx.guards.behind(service)))
        and any(map(ctx.asked, ctx.guards.behind(service)))
    ]


@frozen
class Check:
    """One property and how it is answered.

    ``id`` is that of its findings (the worst, where there are several), ``words`` say what is true when it holds.
    ``objects`` lists what it is asked about: the same objects in the same order whenever the input is the same, and
    cheap to list. ``answer`` takes one of them. ``together`` adds what all of them together show, given their answers,
    where there are any; and where there are none, too, if ``of_none``.
    """

    name: str
    id: str
    words: str
    answer: Callable[[Context, Any], Iterator[Answer]]
    objects: Callable[[Context], Sequence[Any]] = everything
    together: Callable[[Context, Sequence[Answer]], Iterator[Answer]] | None = None
    of_none: bool = False


@frozen
class Question:
    """A property (``check`` is its position among those of the run) and one of its objects (``index`` is its position
    among them; the one after the last stands for all together). Plain data that means the same in every process that
    has read the same input."""

    check: int
    index: int
    property: str
    object: str


def questions(position: int, check: Check, ctx: Context) -> list[Question]:
    """What ``check`` asks of each of its objects."""
    titles = (_title(item) for item in objects_of(position, check, ctx))
    return [Question(position, index, check.name, title) for index, title in enumerate(titles)]


def last(asked: Sequence[Question], position: int, check: Check) -> Question | None:
    """What ``check`` asks of all objects together, after the questions ``asked``; None if it does not."""
    if check.together is None or not (asked or check.of_none):
        return None
    return Question(position, len(asked), check.name, TOGETHER)


def objects_of(position: int, check: Check, ctx: Context) -> Sequence[Any]:
    """The objects of ``check``, listed once per run."""
    return ctx.memo(("objects", position), lambda: check.objects(ctx))


def _title(item: Any) -> str:
    if isinstance(item, str):
        return item
    title: str | None = getattr(item, "title", None)
    return describe(item) if title is None else title
