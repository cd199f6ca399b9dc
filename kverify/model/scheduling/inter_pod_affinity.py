"""InterPodAffinity: required pod affinity and anti-affinity, both ways.

Source: pkg/scheduler/framework/plugins/interpodaffinity/filtering.go. Three rules:

* **affinity**: in each term's domain of the node there is a pod that matches *all* the terms. If no pod in the cluster
  does (on nodes with one of the topology keys), a pod that matches its own terms may be the first.
* **anti-affinity**: no pod in the domain matches the term. A node without the topology key is in no domain.
* **existing pods' anti-affinity**: no pod in the domain of its own term has a term that matches the incoming pod.

Terminating pods count until they are gone. Anti-affinity is stable, because it is checked from both sides; affinity is
not, because the pods it leans on may be deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from kverify.api.base import EMPTY
from kverify.model.expr import Condition, Number, all_of, any_of
from kverify.model.scheduling.explain import count, label_mismatch, listing
from kverify.model.scheduling.framework import AffinityTerm, Plugin, PodInfo, Requirement, Snapshot

NAME = "InterPodAffinity"


def requirements(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """One requirement for each term of the pod, and one for each existing term that selects it."""
    yield from _affinity(pod, node_index, snapshot)
    yield from _anti_affinity(pod, node_index, snapshot)
    yield from _existing_anti_affinity(pod, node_index, snapshot)


PLUGIN = Plugin(NAME, requirements)


def _affinity(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """``satisfyPodAffinity``."""
    if not pod.affinity:
        return
    groups = snapshot.memo((NAME, "affinity", pod), lambda: _selected_by_all(pod.affinity, snapshot))
    first = _may_be_first(pod, groups, snapshot)
    for term in pod.affinity:
        domain = snapshot.domain(term.topology_key, node_index)
        partners = snapshot.pods(groups, domain)
        yield Requirement(
            plugin=NAME,
            holds=any_of((partners >= 1, first)) if domain else False,
            reason="node(s) didn't match pod affinity rules",
            path=term.path,
            stable=False,
            resolvable=False,
            explain=partial(_explain_affinity, pod, term, node_index, groups, snapshot),
        )


def _selected_by_all(terms: tuple[AffinityTerm, ...], snapshot: Snapshot, *, incoming: bool = True) -> tuple[int, ...]:
    """The groups that every one of ``terms``, of which there are some, selects."""
    selector = terms[0].selector
    return tuple(
        index
        for index in snapshot.holding(EMPTY if selector is None else selector.match_labels)
        if all(term.matches(snapshot.groups[index].pod, snapshot, incoming=incoming) for term in terms)
    )


def _may_be_first(pod: PodInfo, groups: tuple[int, ...], snapshot: Snapshot) -> Condition:
    """Nobody matches yet and the pod matches itself, so it may start the series."""

    def counted_nodes() -> tuple[int, ...] | None:
        if not all(term.matches(pod, snapshot, incoming=True) for term in pod.affinity):
            return None
        keys = {term.topology_key for term in pod.affinity}
        return tuple(n for n, node in enumerate(snapshot.nodes) if keys & node.labels.keys())

    nodes = snapshot.memo((NAME, "first", pod), counted_nodes)
    return nodes is not None and snapshot.pods(groups, nodes) <= 0


def _anti_affinity(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """``satisfyPodAntiAffinity``."""
    for term in pod.anti_affinity:
        groups = snapshot.memo((NAME, "anti-affinity", term), partial(_selected_by_all, (term,), snapshot))
        domain = snapshot.domain(term.topology_key, node_index)
        if not groups or not domain:
            continue
        yield Requirement(
            plugin=NAME,
            holds=snapshot.pods(groups, domain) <= 0,
            reason="node(s) didn't match pod anti-affinity rules",
            path=term.path,
            stable=groups == snapshot.memo((NAME, "symmetric", term), partial(_kept_out, term, snapshot)),
            resolvable=True,
            explain=partial(_explain_anti_affinity, term, node_index, groups, snapshot),
        )


def _kept_out(term: AffinityTerm, snapshot: Snapshot) -> tuple[int, ...]:
    """The groups that ``term`` keeps out once its pod is bound; what it asks of others as well is not stable."""
    return _selected_by_all((term,), snapshot, incoming=False)


def _existing_anti_affinity(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """``satisfyExistingPodsAntiAffinity``."""
    against = snapshot.memo((NAME, "existing", pod), lambda: tuple(_terms_against(pod, snapshot)))
    for group, term in against:
        domain = snapshot.domain(term.topology_key, node_index)
        if not domain:
            continue
        present = snapshot.pods((group,), domain)
        holds = present <= 0
        if snapshot.groups[group].nominated:
            holds = any_of((holds, _is_skipped(pod, against, snapshot)))
        yield Requirement(
            plugin=NAME,
            holds=holds,
            reason="node(s) didn't satisfy existing pods anti-affinity rules",
            path="",
            stable=True,
            resolvable=True,
            explain=partial(_explain_existing, group, term, present, node_index, snapshot),
        )


def _terms_against(pod: PodInfo, snapshot: Snapshot) -> Iterator[tuple[int, AffinityTerm]]:
    """The terms of groups that select ``pod``, by group."""
    known = snapshot.memo((NAME, "terms"), lambda: _terms_by_label(snapshot))
    # Terms that ask for a label are looked at where the pod has it.
    for group, number in sorted(place for pair in (None, *pod.labels.items()) for place in known.get(pair, ())):
        term = snapshot.groups[group].pod.anti_affinity[number]
        if term.matches(pod, snapshot, incoming=False):
            yield group, term


def _terms_by_label(snapshot: Snapshot) -> Mapping[tuple[str, str] | None, Sequence[tuple[int, int]]]:
    """Where the anti-affinity terms of groups are (group, number), by a label that the term asks for, the one that the
    fewest pods have, or by None if it asks for none."""
    found: dict[tuple[str, str] | None, list[tuple[int, int]]] = {}
    for index, group in enumerate(snapshot.groups):
        for number, term in enumerate(group.pod.anti_affinity):
            asked = dict(EMPTY if term.selector is None else term.selector.match_labels)
            pair = min(asked.items(), key=lambda one: len(snapshot.holding(dict((one,)))), default=None)
            found.setdefault(pair, []).append((index, number))
    return found


def _is_skipped(pod: PodInfo, against: tuple[tuple[int, AffinityTerm], ...], snapshot: Snapshot) -> Condition:
    """Whether PreFilter skips the plugin: it looks at bound pods only, so nominated ones are then overlooked."""
    if pod.affinity or pod.anti_affinity:
        return False
    return all_of(
        snapshot.pods((group,), tuple(n for nodes in snapshot.domains(term.topology_key).values() for n in nodes)) <= 0
        for group, term in against
        if not snapshot.groups[group].nominated
    )


# -- words ---------------------------------------------------------------------------------------------------------


def _place(term: AffinityTerm, node_index: int, snapshot: Snapshot) -> str:
    return f"{term.topology_key}={snapshot.nodes[node_index].labels[term.topology_key]}"


def _names(groups: tuple[int, ...], domain: tuple[int, ...], snapshot: Snapshot) -> str:
    """The pods of ``groups`` in ``domain``, with their number where it is known."""
    parts = []
    for group in groups:
        present: Number = snapshot.pods((group,), domain)
        if isinstance(present, int):
            if present:
                parts.append(f"{count(present, 'pod')} of {snapshot.groups[group].pod}")
        else:
            parts.append(str(snapshot.groups[group].pod))
    return listing(parts)


def _explain_affinity(
    pod: PodInfo, term: AffinityTerm, node_index: int, groups: tuple[int, ...], snapshot: Snapshot
) -> str:
    labels = snapshot.nodes[node_index].labels
    if term.topology_key not in labels:
        return f"the term needs the node label {term.topology_key}; {label_mismatch(term.topology_key, (), labels)}"
    place = _place(term, node_index, snapshot)
    if groups:
        everywhere = tuple(range(len(snapshot.nodes)))
        names = _names(groups, everywhere, snapshot)
        if names:
            return f"no pod in {place} matches; elsewhere there are {names}"
    every = "the term" if len(pod.affinity) == 1 else f"all {count(len(pod.affinity), 'term')}"
    if all(t.matches(pod, snapshot, incoming=True) for t in pod.affinity):
        return f"no pod in {place} matches {every}"
    return f"no pod matches {every}, and the pod does not match itself, so it cannot be the first"


def _explain_anti_affinity(term: AffinityTerm, node_index: int, groups: tuple[int, ...], snapshot: Snapshot) -> str:
    domain = snapshot.domain(term.topology_key, node_index)
    names = _names(groups, domain, snapshot)
    return f"{_place(term, node_index, snapshot)} must have no pod that the term selects, such as {names}"


def _explain_existing(group: int, term: AffinityTerm, present: Number, node_index: int, snapshot: Snapshot) -> str:
    owner = snapshot.groups[group].pod
    number = f" ({count(present, 'pod')} there)" if isinstance(present, int) else ""
    return (
        f"{term.path} of {owner}{number} matches this pod's labels "
        f"and keeps it out of {_place(term, node_index, snapshot)}"
    )
