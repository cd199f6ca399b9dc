"""Everything that applying some files over others would do: what ``kverify diff`` shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import field, frozen

from kverify.api.apply.server import Admit
from kverify.api.custom.kinds import NO_DEFINITIONS
from kverify.api.decode import decode_all, expand, object_name
from kverify.api.registry import AnyObject
from kverify.api.versions import DEFAULT_VERSION
from kverify.cluster.admission import BundleView, Operation, admit
from kverify.cluster.admission.wanted import diagnostic_of
from kverify.cluster.apply import Change, Live, Mode, apply_documents
from kverify.cluster.bundle import Bundle, read_documents, read_objects
from kverify.cluster.difference import FieldChange, differences
from kverify.cluster.references.existence import OPEN, Boundary
from kverify.manifest.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from kverify.manifest.files import Stdin


@frozen
class ObjectChange:
    """One manifest: the object's name (``Deployment shop/web``), the change, and its fields."""

    name: str
    change: Change
    fields: tuple[FieldChange, ...]

    @property
    def changed(self) -> tuple[FieldChange, ...]:
        return tuple(item for item in self.fields if item.differs)

    @property
    def kept(self) -> tuple[FieldChange, ...]:
        return tuple(item for item in self.fields if not item.differs)

    @property
    def action(self) -> str:
        """``created``, ``configured``, ``unchanged`` or ``refused``."""
        if self.change.refused:
            return "refused"
        if self.change.before is None:
            return "created"
        return "configured" if self.changed else "unchanged"


@frozen
class Changes:
    """All objects in the order of the manifests, and what is wrong with the files."""

    objects: tuple[ObjectChange, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    mode: Mode = field(factory=Mode)

    @property
    def exit_code(self) -> int:
        """0 nothing differs, 1 something does, 2 bad input, or an object that the server refuses."""
        refused = any(item.refuses for item in self.diagnostics) or any(o.change.refused for o in self.objects)
        if refused:
            return 2
        return int(any(item.action != "unchanged" for item in self.objects))


def read_changes(
    manifests: Sequence[str],
    cluster: Sequence[str] = (),
    previous: Sequence[str] = (),
    version: str = DEFAULT_VERSION,
    stdin: Stdin | None = None,
    mode: Mode | None = None,
    boundary: Boundary = OPEN,
) -> Changes:
    """Apply ``manifests`` over the objects of ``cluster``, to which ``previous`` was applied last. ``boundary`` says
    what else there is."""
    mode = mode or Mode()
    exists, exists_problems = read_objects(cluster, version, Severity.WARNING, stdin)
    known = NO_DEFINITIONS.extended(exists)
    before, before_problems = read_objects(previous, version, Severity.WARNING, stdin, definitions=known)
    problems = [*exists_problems, *before_problems]
    elsewhere = {item.source.file for item in (*exists, *before)} | {problem.span.file for problem in problems}
    elsewhere.difference_update(manifests)
    documents, unread = read_documents(manifests, stdin, elsewhere)
    problems += unread
    wanted = []
    for document in documents:
        items, found = expand(document)
        wanted += items
        problems += found
    known = known.extended(before)
    there = Bundle(decode_all(wanted, version, known).objects, exists, before)
    known = known.extended(there.wanted)
    live = Live.of(exists, before, version, mode)
    changes = apply_documents(wanted, live, version, mode, _admission(there, version, boundary), known)
    return Changes(
        tuple(
            ObjectChange(
                object_name(change.manifest.plain),
                change,
                differences(change, mode, version),
            )
            for change in changes
        ),
        tuple(problems),
        mode,
    )


def _admission(bundle: Bundle, version: str, boundary: Boundary) -> Admit:
    view = BundleView(bundle, boundary)

    def ask(obj: AnyObject, old: AnyObject | None) -> tuple[AnyObject, tuple[Diagnostic, ...]]:
        operation = Operation.CREATE if old is None else Operation.UPDATE
        answer = admit(obj, view, operation, old=old, version=version)
        return answer.object, tuple(diagnostic_of(obj, problem) for problem in answer.problems)

    return ask
