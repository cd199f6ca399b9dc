"""What a check tells: findings (something is wrong or worth knowing) and proofs (something was decided to hold)."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from attrs import field, frozen

from kverify.api.versions import DEFAULT_VERSION
from kverify.cluster.suppressions import By
from kverify.engines.verdict import Outcome, Verdict
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.files import path_of
from kverify.manifest.span import Span
from kverify.manifest.textedit import difference, unified


class Certainty(Enum):
    """``CERTAIN``: every fair run goes wrong. ``POSSIBLE``: some run does; the trace names the choice that matters."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


@frozen
class Cause:
    """A field that is responsible: where it is, its path, its text, and what it contributes, in a few words."""

    span: Span
    path: str
    note: str = ""


@frozen(kw_only=True)
class Repair:
    """A change that makes the finding go away, one line. ``verified``: the check was run again with it applied."""

    text: str
    verified: bool = False
    quotas: tuple[Raised, ...] = field(default=(), eq=False)
    """What it says of quotas, for fixes; no report has it."""


@frozen
class Raised:
    """A ``quota`` (as findings name it) that would have to allow ``amount`` of ``resource``."""

    quota: str
    resource: str
    amount: str


@frozen(kw_only=True)
class Lines:
    """The lines from ``start`` up to ``end`` (from 1, exclusive) become ``text``, which has its line ends."""

    start: int
    end: int
    text: str


@frozen(kw_only=True)
class FileChange:
    """A change of one manifest: its name as the user typed it, the change as a patch and as lines that are replaced.

    ``before`` and ``after`` are the whole text both times; empty where a report was read from its JSON form.
    """

    file: str
    patch: str
    lines: tuple[Lines, ...]
    before: str = field(default="", eq=False, repr=False)
    after: str = field(default="", eq=False, repr=False)

    @classmethod
    def of(cls, file: str, before: str, after: str) -> FileChange:
        """The change between two texts of ``file``."""
        name = "stdin" if file == "-" else path_of(file).lstrip("/")
        lines = tuple(
            Lines(start=before.count("\n", 0, r.start) + 1, end=before.count("\n", 0, r.end) + 1, text=r.text)
            for r in difference(before, after)
        )
        return cls(file=file, patch=unified(name, before, after), lines=lines, before=before, after=after)


@frozen(kw_only=True)
class Fix:
    """A change of manifests that was verified: with it the finding is gone, and nothing as bad is new.

    ``text`` says in one line what is changed, ``cost`` what is given up for it (empty: nothing). ``again`` names the
    workloads that were checked again (empty: all). ``changes`` are the files it changes.
    """

    text: str
    cost: str = ""
    again: tuple[str, ...] = ()
    changes: tuple[FileChange, ...] = ()


@frozen(kw_only=True)
class Refusal:
    """Why ``node`` takes no pod of ``pods`` in the last state of a trace: the filters' reasons."""

    pods: str
    node: str
    reasons: tuple[str, ...]


@frozen(kw_only=True)
class Finding:
    """One thing to act on, or (severity info) to know.

    ``id`` is stable: ``KV3xxx`` scheduling, ``KV4xxx`` behaviour over time. ``message`` is one sentence. ``scenario``
    is the one under which it was asked, where the property is asked under several (or all in which it is so).
    ``opening`` says what has happened when the trace begins. ``steps`` are the trace's steps as sentences, ``changes``
    what each of them does to numbers of pods (for every step or for none), ``outcome`` how it ends (why nothing moves
    any more, what is lost). ``why`` names the Kubernetes rule with a reference.
    ``details`` are further lines (per-node reasons), ``refusals`` the same for programs. ``sizes`` says at which other
    sizes the same goes wrong, and from where on it is proved not to. ``fixes`` are verified changes of the manifests,
    ``repairs`` what else would help. ``verdict`` carries method, scope, assumptions and the trace itself.
    """

    id: str
    severity: Severity
    object: str
    message: str
    property: str
    scenario: str = ""
    causes: tuple[Cause, ...] = ()
    certainty: Certainty | None = None
    opening: str = ""
    steps: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    outcome: str = ""
    details: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    sizes: tuple[str, ...] = ()
    why: str = ""
    repairs: tuple[Repair, ...] = ()
    fixes: tuple[Fix, ...] = ()
    verdict: Verdict | None = None


@frozen(kw_only=True)
class Proof:
    """A property that was decided to hold (or is vacuous, or is unknown) for an object: never shown without its
    scope. ``sizes`` says at which other sizes it does not hold, where that is known."""

    id: str
    object: str
    property: str
    message: str
    verdict: Verdict
    sizes: tuple[str, ...] = ()


@frozen
class Assumed:
    """What had to be taken for granted about ``object`` because the input does not say: info, never a verdict."""

    object: str
    text: str

    def __str__(self) -> str:
        return f"{self.object}: {self.text}"


Answer: TypeAlias = "Finding | Proof | Assumed"
"""What a check yields."""


@frozen(kw_only=True)
class Suppressed:
    """Something that was found and is not to be reported: by whom, why, and where that is said (None: nowhere)."""

    item: Finding | Diagnostic
    by: By
    reason: str
    span: Span | None = None


@frozen(kw_only=True)
class Report:
    """Everything one run has to say.

    ``diagnostics`` are the input's problems (``mended`` has fixes of some), ``findings`` the violations, ``proofs``
    what was decided otherwise (holds, vacuous, unknown), ``assumptions`` what was taken for granted about this input,
    ``not_modelled`` the objects and fields that were read and have no effect, ``interrupted`` why the run ended early,
    if it did. ``suppressed`` is what would be a diagnostic or a finding if nobody had said otherwise; it has no part in
    the exit code.
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    findings: tuple[Finding, ...] = ()
    proofs: tuple[Proof, ...] = ()
    assumptions: tuple[str, ...] = ()
    not_modelled: tuple[str, ...] = ()
    mended: tuple[tuple[Diagnostic, tuple[Fix, ...]], ...] = ()
    objects: int = 0
    interrupted: str = ""
    suppressed: tuple[Suppressed, ...] = ()
    kubernetes_version: str = DEFAULT_VERSION

    def fixes_of(self, diagnostic: Diagnostic) -> tuple[Fix, ...]:
        """Verified fixes of a problem of the input."""
        return next((fixes for one, fixes in self.mended if one is diagnostic), ())

    @property
    def bad_input(self) -> bool:
        """Some of the input could not be used."""
        return any(d.severity is Severity.ERROR for d in self.diagnostics)

    @property
    def undecided(self) -> bool:
        """Something was asked and not answered."""
        return bool(self.interrupted) or any(p.verdict.outcome is Outcome.UNKNOWN for p in self.proofs)

    def exit_code(self, fail_on: Severity = Severity.ERROR) -> int:
        """0 nothing at or above ``fail_on``, 1 findings, 2 bad input, 3 undecided. Bad input comes before findings, and
        findings before what is undecided: the worst news that is certain decides."""
        if self.bad_input:
            return 2
        severities = [*(f.severity for f in self.findings), *(d.severity for d in self.diagnostics)]
        if any(severity >= fail_on for severity in severities):
            return 1
        return 3 if self.undecided else 0
