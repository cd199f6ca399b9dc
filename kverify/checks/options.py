"""What a run is asked to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from kverify.api.versions import DEFAULT_VERSION
from kverify.cluster.references.existence import OPEN, Boundary
from kverify.cluster.suppressions import Suppression
from kverify.manifest.diagnostics import Severity

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from kverify.checks.declared.specs import Specs


@frozen(kw_only=True)
class Options:
    """How to check: as which Kubernetes, which properties under which scenarios (empty: all), how far, and who hears of
    the progress.

    ``max_states`` bounds each exhaustive search; a search that needs more answers *unknown*, never *holds*.
    ``boundary`` says what lies outside the input and is there all the same.
    ``specs`` is what the user wants to be true beside the built-in properties; ``severities`` overrule those of
    findings, by id.
    ``suppressions`` are those of the configuration; whether they have expired is decided ``today``. ``part``: the
    manifests are only some of those that they speak of, so one that suppresses nothing may still be needed.
    ``focus`` asks only about these workloads (by title) and what is in front of them; all others still take up room.
    ``touched`` asks only about these objects (by title), ``unasked`` says in sentences why, and what was left out.
    ``explain`` is false for a run that only wants to know whether something is found: findings then come without
    repairs and other sizes.
    ``cover`` also looks for steps that never happen in a search, and what keeps them from happening.
    ``engine`` is the only one that is asked about runs (a name of ``portfolio.ENGINES``; empty: whoever can decide).
    ``progress`` is called with a few words about what is being done now.

    ``timeout_per_property`` ends a question (one property of one object) after so many seconds; it is unknown then.
    ``max_bytes`` bounds the memory of each search.
    ``cache`` is a directory in which answers are kept from run to run (None: they are not).
    ``jobs`` is the number of processes that answer questions: None takes as many as there are processors, once a run
    turns out to be long. ``executor`` answers them instead, if it is given.
    """

    kubernetes_version: str = DEFAULT_VERSION
    properties: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    max_states: int = 300_000
    boundary: Boundary = OPEN
    specs: Specs | None = None
    severities: Mapping[str, Severity] = field(factory=dict)
    suppressions: tuple[Suppression, ...] = ()
    today: date = field(factory=date.today)
    part: bool = False
    focus: frozenset[str] | None = None
    touched: frozenset[str] | None = None
    unasked: tuple[str, ...] = ()
    explain: bool = True
    cover: bool = False
    engine: str = ""
    progress: Callable[[str], None] | None = None
    timeout_per_property: float | None = None
    max_bytes: int | None = None
    cache: Path | None = None
    jobs: int | None = 1
    executor: Executor | None = None

    @property
    def whole(self) -> bool:
        """Everything is asked of everything. Otherwise nobody knows of what is not found whether it is there."""
        return not (self.properties or self.scenarios or self.part)

    def under(self, scenario: str) -> bool:
        """Whether anything is asked under this scenario."""
        return not self.scenarios or scenario in self.scenarios


class UnknownProperty(ValueError):
    """A property was asked for that does not exist. The message names the ones that do."""


class UnknownScenario(UnknownProperty):
    """The same of a scenario."""
