"""Other ways to roll out."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.types.apps import Deployment
from kverify.checks.deciding import repairs
from kverify.checks.finding import Finding
from kverify.checks.fixes.candidate import Candidate, change, subject_of
from kverify.checks.fixes.counts import behind
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.manifest.edit import Put
from kverify.manifest.nodes import Plain

_PATH = ("spec", "strategy")
_AFTER = ("replicas", "selector")


def without_surge(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """An old pod goes before a new one comes: no room is needed beside the replicas."""
    subject = subject_of(ctx, finding)
    if subject is not None:
        cost = "no pod serves" if subject.replicas == 1 else "one pod less serves"
        yield from _rolling(subject, 0, 1, f"{cost} during a rollout")


def one_by_one(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """A new pod is there before an old one goes."""
    for subject in behind(ctx, finding):
        yield from _rolling(subject, 1, 0, "a rollout needs room for one more pod")


def quarter(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """What a Deployment does when nothing is said."""
    subject = subject_of(ctx, finding)
    if subject is not None:
        yield from _rolling(subject, "25%", "25%", "")


def recreated(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """All old pods go first, where there is one pod with a volume of its own: a new one could not have it beside it."""
    subject = subject_of(ctx, finding)
    if subject is not None and subject.claims and subject.replicas == 1:
        yield from recreate(ctx, finding)


def recreate(ctx: Context, finding: Finding) -> Iterator[Candidate]:
    """All old pods go before the first new one comes."""
    subject = subject_of(ctx, finding)
    if subject is not None and isinstance(subject.object, Deployment):
        edit = Put(_PATH, {"type": "Recreate"}, _AFTER)
        yield Candidate(
            text=repairs.RECREATE,
            changes=change(subject.object, edit),
        )


def _rolling(subject: Subject, surge: int | str, unavailable: int | str, cost: str) -> Iterator[Candidate]:
    if not isinstance(subject.object, Deployment):
        return
    rolling: Plain = {"maxSurge": surge, "maxUnavailable": unavailable}
    edit = Put((*_PATH, "rollingUpdate"), rolling, _AFTER)
    if subject.object.spec.strategy.type == "Recreate":
        edit = Put(_PATH, {"type": "RollingUpdate", "rollingUpdate": rolling})
    yield Candidate(text=repairs.rolling(surge, unavailable), changes=change(subject.object, edit), cost=cost)
