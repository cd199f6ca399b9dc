"""A change of manifests that might make a finding go away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from attrs import frozen

from kverify.api.registry import AnyObject
from kverify.checks.finding import Finding
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.manifest.edit import Edit
from kverify.manifest.nodes import Document, FieldPath, Plain, parse_path


@frozen(eq=False)
class Change:
    """Edits of one object where it is written."""

    document: Document
    edits: tuple[Edit, ...]


@frozen(eq=False, kw_only=True)
class Candidate:
    """What to change in words, and what that costs (empty: nothing that anybody asked for)."""

    text: str
    changes: tuple[Change, ...]
    cost: str = ""


Propose: TypeAlias = Callable[[Context, Finding], Iterator[Candidate]]
"""Candidates for a finding, the least and safest change first."""


def change(item: AnyObject, *edits: Edit) -> tuple[Change, ...]:
    """The edits of an object; none where it is in no manifest."""
    return () if item.source.document is None else (Change(item.source.document, edits),)


def subject_of(ctx: Context, finding: Finding) -> Subject | None:
    """The workload that a finding is about, if it is in the manifests."""
    return next((s for s in ctx.subjects if s.title == finding.object and s.wanted), None)


def pod_path(subject: Subject) -> FieldPath:
    """Where the object has the spec of its pods."""
    return parse_path(subject.pod_path)


def written(item: AnyObject, path: FieldPath) -> Plain:
    """What the manifest itself says at ``path``; None where it says nothing."""
    node = item.source.document.node(path) if item.source.document is not None else None
    return None if node is None else node.value
