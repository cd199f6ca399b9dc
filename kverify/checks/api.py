"""``kverify.check``: everything that ``kverify check`` does, as one function."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from os import PathLike
from pathlib import Path

from kverify.api.versions import DEFAULT_VERSION
from kverify.checks.declared.specs import Specs
from kverify.checks.finding import Report
from kverify.checks.options import Options
from kverify.checks.runs.run import run
from kverify.cluster.bundle import Bundle
from kverify.engines.budget import until
from kverify.manifest.diagnostics import Diagnostic
from kverify.spec.python import Asked, Scenario, specification


def check(
    wanted: Bundle | str | PathLike[str] | Sequence[str | PathLike[str]],
    properties: Sequence[str | Asked] = (),
    *,
    scenario: str | Scenario | None = None,
    scenarios: Sequence[Scenario] = (),
    cluster: Sequence[str | PathLike[str]] = (),
    previous: Sequence[str | PathLike[str]] = (),
    kubernetes_version: str = DEFAULT_VERSION,
    max_states: int = Options().max_states,
    engine: str = "",
    timeout: float | None = None,
    timeout_per_property: float | None = None,
    cache: str | PathLike[str] | None = None,
    jobs: int | None = 1,
    executor: Executor | None = None,
) -> Report:
    """Check what happens when ``wanted`` (a bundle, or paths of manifests) is applied.

    ``properties`` are names of built-in ones (``"rollout-completes"``) and objects of ``kverify.spec.python``; without
    any, all built-in ones are asked. Those that name no scenario themselves are asked under ``scenario`` (a name, or an
    object); without it under a rollout, a drain, and the loss of a node. Properties can name further ``scenarios``.
    ``cluster`` and ``previous`` are paths, as ``--cluster`` and ``--from``; a bundle has all three roles itself.

    ``engine`` is the only one that is asked about runs (a name of ``kverify.engines.portfolio.ENGINES``); what it does
    not decide is unknown. ``timeout`` and ``timeout_per_property`` are seconds for the run, and for one property of one
    object; what is not decided by then is unknown. ``cache`` is a directory in which answers are kept from run to run.
    ``jobs`` processes share the questions (None: as many as there are processors, if it takes long), or the workers of
    ``executor``; those that are threads of one process take turns.

    Raises ``SpecError`` for properties with mistakes, ``UnknownProperty`` for a name that is none.
    """
    diagnostics: tuple[Diagnostic, ...] = ()
    if isinstance(wanted, Bundle):
        bundle = wanted
    else:
        paths = [wanted] if isinstance(wanted, str | PathLike) else wanted
        manifests, live, before = ([str(path) for path in part] for part in (paths, cluster, previous))
        bundle, diagnostics = Bundle.read(manifests, live, before, kubernetes_version)
    own = [one for one in properties if isinstance(one, Asked)]
    built_in = [one for one in properties if isinstance(one, str)]
    known = [*scenarios, *([scenario] if isinstance(scenario, Scenario) else [])]
    default = scenario.name if isinstance(scenario, Scenario) else scenario or ""
    specs = Specs(checked=specification(own, known, default)) if own else None
    names = [d.name for d in specs.checked.library.asked()] if specs is not None else []
    options = Options(
        kubernetes_version=kubernetes_version,
        properties=(*built_in, *names),
        max_states=max_states,
        engine=engine,
        specs=specs,
        timeout_per_property=timeout_per_property,
        cache=None if cache is None else Path(cache),
        jobs=jobs,
        executor=executor,
    )
    with until(timeout, "" if timeout is None else f"the {timeout:g} seconds of the run are over"):
        return run(bundle, diagnostics, options)
