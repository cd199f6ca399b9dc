"""All checks of one run, in order, into one report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kverify.checks import admitted, drain, node_loss, promises, rollout, schedulable, service, spread
from kverify.checks.context import Context
from kverify.checks.finding import Answer, Assumed, Finding, Proof, Report
from kverify.checks.options import Options, UnknownProperty
from kverify.checks.scenes import CLUSTER_IS_OPEN
from kverify.cluster.bundle import Bundle
from kverify.cluster.findings import cross_object
from kverify.cluster.unmodelled import not_modelled
from kverify.manifest.diagnostics import Diagnostic

Check = Callable[[Context], Iterator[Answer]]

CHECKS: dict[str, tuple[str, Check]] = {
    admitted.PROPERTY: ("every pod is admitted", admitted.check),
    schedulable.PROPERTY: ("every pod finds a node", schedulable.check),
    rollout.PROPERTY: ("rollouts complete", rollout.check),
    promises.PROPERTY: ("rollouts keep their promises", promises.check),
    spread.PROPERTY: ("rollouts keep the spread", spread.check),
    drain.PROPERTY: ("drains end", drain.check),
    node_loss.PROPERTY: ("the loss of a node is survived", node_loss.check),
    service.PROPERTY: ("Services keep an endpoint", service.check),
}
"""The built-in properties by name, in the order in which they are asked."""


def run(bundle: Bundle, diagnostics: Sequence[Diagnostic], options: Options) -> Report:
    """Ask every property (or those in ``options``) of every workload, and report what was found and proved.

    Ctrl-C ends the run early; the report then holds what is known so far and says so.
    Raises ``UnknownProperty`` for a name that is not a built-in property.
    """
    unknown = [name for name in options.properties if name not in CHECKS]
    if unknown:
        raise UnknownProperty(f"no property is called {', '.join(unknown)}; there are: {', '.join(CHECKS)}")
    findings: list[Finding] = []
    proofs: list[Proof] = []
    assumed: list[Assumed] = []
    interrupted = ""
    ctx = Context(bundle, options)
    try:
        for name, (words, check) in CHECKS.items():
            if options.properties and name not in options.properties:
                continue
            if options.progress is not None:
                options.progress(words)
            for answer in check(ctx):
                if isinstance(answer, Finding):
                    findings.append(answer)
                elif isinstance(answer, Proof):
                    proofs.append(answer)
                else:
                    assumed.append(answer)
    except KeyboardInterrupt:
        interrupted = "interrupted from the keyboard"
    assumptions = [CLUSTER_IS_OPEN] if ctx.open and ctx.checked else []
    crossed = cross_object(bundle, diagnostics, options.boundary)
    told = ctx.admission.missing_names()
    untold = (d for d in crossed.diagnostics if (d.object, d.path) not in told)
    return Report(
        diagnostics=(*diagnostics, *ctx.admission.diagnostics(), *untold),
        findings=tuple(sorted(findings, key=lambda f: -f.severity)),
        proofs=tuple(proofs),
        assumptions=(*assumptions, *map(str, assumed), *crossed.assumed, *ctx.admission.assumed()),
        not_modelled=not_modelled(bundle),
        objects=len(bundle.wanted),
        interrupted=interrupted,
        kubernetes_version=options.kubernetes_version,
    )
