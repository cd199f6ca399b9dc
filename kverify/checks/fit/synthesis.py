"""The smallest cluster on which everything always finds a node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve, field, frozen

from kverify.api.encode import to_plain
from kverify.api.labels import HOSTNAME, ZONE
from kverify.api.types.apps import DaemonSet
from kverify.api.types.node import Node
from kverify.api.versions import DEFAULT_VERSION
from kverify.checks.builtin import gangs
from kverify.checks.fit.fit import ASSUMED, gangs_assumed, jobs_assumed, nobody
from kverify.checks.fit.question import Question, losses
from kverify.checks.given.claims import claims_of
from kverify.checks.given.pods import Maker, makers_of, pod_info, with_daemons
from kverify.checks.options import Options
from kverify.cluster.admission import Admission, Refused
from kverify.cluster.bundle import Bundle
from kverify.cluster.findings import cross_object
from kverify.cluster.objects import describe
from kverify.engines.fit.classes import classify
from kverify.engines.fit.decide import Answer, DemandAnswer
from kverify.engines.fit.synthesis import Kind, Numbers, Synthesis, Tried, smallest
from kverify.engines.schedulability import Cluster, Demand, Room
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.model.scheduling.framework import NodeInfo, PodInfo
from kverify.words import amount

_SHOWN = ("cpu", "memory", "pods")
VOLUMES = "every volume can be had wherever its pod goes"
QUOTAS = "quotas admit all pods"


@frozen(eq=False)
class Bought:
    """So many nodes of a kind: what each offers, and how they are dealt out over zones."""

    kind: Kind
    template: Node
    number: int

    @property
    def name(self) -> str:
        return self.kind.node.name

    @property
    def offers(self) -> str:
        """``cpu 4, memory 16Gi, pods 110`` and whatever else it has."""
        have = self.kind.node.allocatable
        names = [name for name in _SHOWN if name in have] + sorted(name for name in have if name not in _SHOWN)
        return ", ".join(f"{name} {amount(name, have[name])}" for name in names if have[name])

    @property
    def zones(self) -> dict[str, int]:
        """The number of nodes in each zone."""
        found = dict.fromkeys(self.kind.zones, 0)
        for node in self.kind.made(self.number):
            if self.kind.zones:
                found[node.labels[ZONE]] += 1
        return found


@frozen(eq=False)
class Short:
    """A cluster that does not do: what it has, the workload of which a pod waits, and ``after`` which loss."""

    numbers: Numbers
    room: Room
    title: str
    answer: DemandAnswer
    after: str


@frozen(eq=False, kw_only=True)
class SynthesisReport:
    """``bought`` are the nodes of the smallest cluster (empty if none was found), ``proofs`` why each workload always
    fits on it, ``smaller`` what one node less leads to, ``last`` why none was found. For the rest see ``Synthesis``."""

    diagnostics: tuple[Diagnostic, ...]
    kinds: tuple[Bought, ...] = ()
    synthesis: Synthesis | None = None
    bought: tuple[Bought, ...] = ()
    proofs: tuple[tuple[str, DemandAnswer], ...] = ()
    smaller: tuple[Short, ...] = ()
    last: Short | None = None
    unusable: tuple[tuple[str, str], ...] = ()
    """Kinds of nodes on which a DaemonSet has no room: (name, why). They are not used."""
    lost: str = ""
    refused: tuple[Refused, ...] = ()
    assumptions: tuple[str, ...] = ()
    interrupted: str = ""
    kubernetes_version: str = DEFAULT_VERSION

    @property
    def exit_code(self) -> int:
        """0 found, 1 there is none or not everything is admitted, 2 bad input, 3 none was found."""
        if any(d.severity is Severity.ERROR for d in self.diagnostics):
            return 2
        if (
            self.refused
            or (self.synthesis is not None and self.synthesis.hopeless)
            or (self.unusable and not self.kinds)
        ):
            return 1
        return 0 if self.synthesis is not None and self.synthesis.found is not None else 3

    def nodes(self) -> Iterator[dict[str, Any]]:
        """The nodes of the cluster as plain manifests."""
        for bought in self.bought:
            plain = to_plain(bought.template)
            status = {key: plain["status"][key] for key in ("capacity", "allocatable") if plain["status"].get(key)}
            spec = {"taints": plain["spec"]["taints"]} if plain["spec"].get("taints") else {}
            for node in bought.kind.made(bought.number):
                labels = dict(sorted(node.labels.items()))
                metadata = {"name": node.name, "labels": labels}
                whole = {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec, "status": status}
                yield {key: value for key, value in whole.items() if value}


def run(
    bundle: Bundle,
    diagnostics: Sequence[Diagnostic],
    options: Options,
    templates: Sequence[Node],
    lose: str = "",
) -> SynthesisReport:
    """Find the smallest cluster of nodes like ``templates`` on which all that the manifests want always fits; with
    ``lose`` also after the loss of any one node (``1``) or ``zone``. Ctrl-C ends the search without an answer."""
    admission = Admission(bundle, options.kubernetes_version, options.boundary)
    crossed = cross_object(bundle, diagnostics, options.boundary)
    told = admission.missing_names()
    problems = (
        *diagnostics,
        *admission.diagnostics(),
        *(d for d in crossed.diagnostics if (d.object, d.path) not in told),
    )
    makers = [maker for maker in makers_of(admission) if bundle.is_wanted(maker.object)]
    demands = [Demand(maker.pod, maker.most, maker.title) for maker in makers]
    tell = options.progress or nobody
    declared = gangs.declared(admission, makers)
    daemons = [found for item in bundle.of_kind(DaemonSet) if (found := pod_info(admission, item)) is not None]
    kinds, by_name = _kinds(templates, [*(maker.pod for maker in makers), *daemons], bundle)

    def build(nodes: Sequence[NodeInfo]) -> Cluster:
        return with_daemons(admission, Cluster(nodes=tuple(nodes), namespaces=bundle.namespaces))[0]

    unusable = tuple(_unusable(admission, kinds, bundle))
    usable = [kind for kind in kinds if kind.node.name not in {name for name, _ in unusable}]
    question = _Asked(Question(demands, tuple(makers), tuple(range(len(makers))), declared), lose)
    synthesis: Synthesis | None = None
    interrupted = ""
    ending = {d for gang in declared.gangs if gang.ends for d in gang.members}
    try:
        if usable:
            synthesis = smallest(
                usable,
                demands,
                build,
                question,
                bounding=[d for d in range(len(demands)) if d not in ending],
                monotone=False if ending else None,
                progress=lambda numbers: tell(f"trying {_listed(usable, numbers)}"),
            )
    except KeyboardInterrupt:
        interrupted = "interrupted from the keyboard; no cluster was found by then"
    report = SynthesisReport(
        diagnostics=problems,
        kinds=tuple(Bought(kind, by_name[kind.node.name], 0) for kind in usable),
        synthesis=synthesis,
        unusable=unusable,
        lost=lose,
        refused=admission.refused,
        assumptions=(
            *(f"a pod of {describe(item)} runs on every node that it may use" for item in bundle.of_kind(DaemonSet)),
            ASSUMED[0],
            *(VOLUMES for _ in range(any(claims_of(maker.pod) for maker in makers))),
            QUOTAS,
            *jobs_assumed(makers, range(len(makers)), declared),
            *gangs_assumed(declared),
            *crossed.assumed,
            *admission.assumed(),
        ),
        interrupted=interrupted,
        kubernetes_version=options.kubernetes_version,
    )
    return report if synthesis is None else _with_answer(report, synthesis, usable, by_name, makers, question)


def _with_answer(
    report: SynthesisReport,
    synthesis: Synthesis,
    usable: Sequence[Kind],
    by_name: dict[str, Node],
    makers: Sequence[Maker],
    question: _Asked,
) -> SynthesisReport:
    def short(tried: Tried) -> Short:
        rows = list(zip(makers, tried.answer.demands, strict=True))
        maker, answer = max(rows, key=lambda row: _BADNESS.index(row[1].room))
        return Short(tried.numbers, tried.room, maker.title, answer, question.after(tried.answer))

    found = synthesis.found
    return evolve(
        report,
        bought=()
        if found is None
        else tuple(
            Bought(kind, by_name[kind.node.name], number)
            for kind, number in zip(usable, found.numbers, strict=True)
            if number
        ),
        proofs=()
        if found is None
        else tuple((maker.title, row) for maker, row in zip(makers, found.answer.demands, strict=True)),
        smaller=tuple(short(tried) for tried in synthesis.smaller if makers),
        last=None if synthesis.last is None or not makers else short(synthesis.last),
    )


_BADNESS = [Room.ALWAYS, Room.UNKNOWN, Room.FRAGILE, Room.IMPOSSIBLE]


@frozen(eq=False)
class _Asked:
    """The question with all losses: the first answer that is not "always"."""

    question: Question
    lose: str
    _after: dict[int, str] = field(factory=dict)

    def __call__(self, cluster: Cluster) -> Answer:
        answer = self.question.answer(cluster)
        if answer.room is not Room.ALWAYS:
            return answer
        for name, _, rest in losses(cluster, self.question.demands, self.lose):
            after = self.question.answer(rest)
            if after.room is not Room.ALWAYS:
                self._after[id(after)] = name
                return after
        return answer

    def after(self, answer: Answer) -> str:
        """After which loss the answer is so; empty if it is so without one."""
        return self._after.get(id(answer), "")


def _listed(kinds: Sequence[Kind], numbers: Numbers) -> str:
    return ", ".join(f"{number} {kind.node.name}" for kind, number in zip(kinds, numbers, strict=True) if number)


def _kinds(templates: Sequence[Node], pods: Sequence[PodInfo], bundle: Bundle) -> tuple[list[Kind], dict[str, Node]]:
    """One kind for all templates that nothing tells apart but their names and zones."""
    bare = []
    for template in templates:
        info = NodeInfo.of(template)
        bare.append(evolve(info, labels={k: v for k, v in info.labels.items() if k not in (HOSTNAME, ZONE)}))
    cluster = Cluster(nodes=tuple(bare), namespaces=bundle.namespaces)
    kinds = []
    by_name = {}
    for number, chosen in enumerate(classify(cluster, pods)[0]):
        members = [templates[node] for node in chosen.nodes]
        zones = tuple(dict.fromkeys(m.metadata.labels[ZONE] for m in members if ZONE in m.metadata.labels))
        kinds.append(Kind(chosen.info, zones, number % len(zones) if zones else 0))
        by_name[chosen.info.name] = members[0]
    return kinds, by_name


def _unusable(admission: Admission, kinds: Sequence[Kind], bundle: Bundle) -> Iterator[tuple[str, str]]:
    for kind in kinds:
        nodes = tuple(kind.made(1))
        _, rows = with_daemons(admission, Cluster(nodes=nodes, namespaces=bundle.namespaces))
        for row in rows:
            if row.lacking:
                yield kind.node.name, f"{describe(row.object)} has no room on it: {row.lacking[0].reason}"
                break
