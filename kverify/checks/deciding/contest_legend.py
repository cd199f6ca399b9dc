"""What the variables of a replayed preemption count, for those who draw its states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from kverify.engines.contest import Contest
from kverify.model.legend import PENDING, Legend, Pods, RevisionLegend, WorkloadLegend, node_legend
from kverify.model.world import Phase


def contest_legend(
    contest: Contest, pending: Sequence[str], new: Mapping[tuple[int, int], str], alive: Mapping[int, str]
) -> Legend:
    """The legend of a system whose variables are ``pending`` (by owner), ``new`` (pods that were bound, by owner and
    node) and ``alive`` (standing pods that may be preempted, by index). Standing pods without a variable stay."""
    nodes = contest.cluster.nodes
    owners = [
        _counted(
            owner.title,
            [
                Pods(pending[number], PENDING),
                *(Pods(name, Phase.STARTING.value, nodes[node].name) for (o, node), name in new.items() if o == number),
                *_running(contest, alive, number),
            ],
        )
        for number, owner in enumerate(contest.owners)
    ]
    nobodys = list(_running(contest, alive, None))
    others = [Counter[str]() for _ in nodes]
    for index, standing in enumerate(contest.standing):
        if index not in alive:
            whose = standing.name if standing.owner is None else contest.owners[standing.owner].title
            others[standing.node][whose] += 1
    return Legend(
        workloads=tuple(owners) + ((_counted("pods of nobody", nobodys),) if nobodys else ()),
        places=tuple(node_legend(node, tuple(others[i].items())) for i, node in enumerate(nodes)),
    )


def _running(contest: Contest, alive: Mapping[int, str], owner: int | None) -> Iterator[Pods]:
    for index, name in alive.items():
        standing = contest.standing[index]
        if standing.owner == owner:
            yield Pods(name, Phase.AVAILABLE.value, contest.cluster.nodes[standing.node].name)


def _counted(title: str, pods: Sequence[Pods]) -> WorkloadLegend:
    revision = RevisionLegend(key=title, title=title, ready=True, wanted="", pods=tuple(pods))
    return WorkloadLegend(name=title, replicas=None, strategy="", least=None, most=None, revisions=(revision,))
