"""Example systems shared by the tests of all engines, in one table."""

from __future__ import annotations

from collections.abc import Callable

from kverify.model.expr import Condition, all_of, any_of, boolean, integer, ite, negate, total
from kverify.model.system import Action, TransitionSystem, Variable


def pods_on_nodes(n: int, m: int, c: int, *, counted: bool, sorted_: bool) -> TransitionSystem:
    """``n`` identical pods on ``m`` nodes with room for ``c`` and a taint bit each; see shared/engines.md.

    ``counted`` keeps the number of pods in each place instead of a place for each pod, ``sorted_`` declares what is
    interchangeable: the nodes of the counted model, the pods of the listed one.
    """
    return (_counted if counted else _listed)(n, m, c, sorted_)


def _flips(m: int) -> list[Action]:
    return [
        Action(
            f"flip taint {k}",
            "operator",
            True,
            {f"taint{k}": negate(boolean(f"taint{k}"))},
            says=f"Somebody changes the taint of node {k}.",
            environment=True,
        )
        for k in range(m)
    ]


def _counted(n: int, m: int, c: int, sorted_: bool) -> TransitionSystem:
    pending, failed = integer("pending"), integer("failed")
    actions = _flips(m)
    for k in range(m):
        pods, taint = integer(f"pods{k}"), boolean(f"taint{k}")
        actions += [
            Action(
                f"bind to {k}",
                "scheduler",
                all_of((pending > 0, negate(taint), pods < c)),
                {"pending": pending - 1, f"pods{k}": pods + 1},
                says=f"The scheduler binds a pod to node {k}.",
            ),
            Action(f"fail on {k}", "kubelet", pods > 0, {f"pods{k}": pods - 1, "failed": failed + 1}, environment=True),
            Action(
                f"evict from {k}",
                "node lifecycle",
                all_of((pods > 0, taint)),
                {f"pods{k}": pods - 1, "pending": pending + 1},
            ),
        ]
    actions.append(Action("replace", "replica set", failed > 0, {"failed": failed - 1, "pending": pending + 1}))
    blocks = tuple((f"pods{k}", f"taint{k}") for k in range(m))
    return TransitionSystem(
        f"{n} counted pods on {m} nodes",
        variables=(
            Variable("pending", 0, n, n),
            Variable("failed", 0, n, 0),
            *(v for k in range(m) for v in (Variable(f"pods{k}", 0, c, 0), Variable.boolean(f"taint{k}"))),
        ),
        actions=tuple(actions),
        symmetry=(blocks,) if sorted_ else (),
    )


def _listed(n: int, m: int, c: int, sorted_: bool) -> TransitionSystem:
    places = ("pending", *(f"node{k}" for k in range(m)), "failed")
    pods = [Variable.choice(f"pod{i}", places, "pending") for i in range(n)]
    taints = [Variable.boolean(f"taint{k}") for k in range(m)]
    load = [total(ite(p.is_(f"node{k}"), 1, 0) for p in pods) for k in range(m)]
    actions = _flips(m)
    for p in pods:
        bound = any_of(p.is_(f"node{k}") for k in range(m))
        on_taint = any_of(all_of((p.is_(f"node{k}"), taints[k].expr)) for k in range(m))
        actions += [
            Action(
                f"bind {p.name} to {k}",
                "scheduler",
                all_of((p.is_("pending"), negate(taints[k].expr), load[k] < c)),
                {p.name: p.index(f"node{k}")},
            )
            for k in range(m)
        ]
        actions += [
            Action(f"fail {p.name}", "kubelet", bound, {p.name: p.index("failed")}, environment=True),
            Action(f"replace {p.name}", "replica set", p.is_("failed"), {p.name: p.index("pending")}),
            Action(f"evict {p.name}", "node lifecycle", on_taint, {p.name: p.index("pending")}),
        ]
    return TransitionSystem(
        f"{n} listed pods on {m} nodes",
        variables=(*pods, *taints),
        actions=tuple(actions),
        symmetry=(tuple((p.name,) for p in pods),) if sorted_ else (),
    )


def within_capacity(system: TransitionSystem, m: int, c: int) -> Condition:
    """No node carries more than ``c`` pods."""
    names = {v.name for v in system.variables}
    if "pods0" in names:
        return all_of(integer(f"pods{k}") <= c for k in range(m))
    pods = [v for v in system.variables if v.values]
    return all_of(total(ite(p.is_(f"node{k}"), 1, 0) for p in pods) <= c for k in range(m))


def rolling_update(*, surge_bug: int = 0, loses_readiness: bool = False) -> TransitionSystem:
    """An idealised rolling update; ``replicas``, ``surge`` and ``unavailable`` stay open and unbounded.

    ``surge_bug`` lets the controller create that many pods more than it may.
    """
    replicas, surge, unavailable = integer("replicas"), integer("surge"), integer("unavailable")
    old, new, available = integer("old"), integer("new"), integer("available")
    actions = [
        Action(
            "create",
            "deployment",
            all_of((old + new < replicas + surge + surge_bug, new < replicas)),
            {"new": new + 1},
            says="The new ReplicaSet grows from {before[new]} to {after[new]}.",
        ),
        Action("become ready", "kubelet", available < new, {"available": available + 1}),
        Action("delete", "deployment", all_of((old > 0, old + available > replicas - unavailable)), {"old": old - 1}),
    ]
    if loses_readiness:
        actions.append(
            Action("lose readiness", "kubelet", available > 0, {"available": available - 1}, environment=True)
        )
    return TransitionSystem(
        "rolling update",
        variables=(Variable("old"), Variable("new", initial=0), Variable("available", initial=0)),
        actions=tuple(actions),
        initial=old == replicas,
        parameters=(Variable("replicas", 1), Variable("surge"), Variable("unavailable")),
        assume=all_of((surge + unavailable >= 1, unavailable <= replicas)),
    )


ROLLING_INVARIANT = all_of(
    (
        integer("old") >= 0,
        integer("available") >= 0,
        integer("available") <= integer("new"),
        integer("new") <= integer("replicas"),
        integer("old") + integer("new") <= integer("replicas") + integer("surge"),
        integer("old") + integer("available") >= integer("replicas") - integer("unavailable"),
    )
)
ROLLING_RANK = 2 * (integer("replicas") - integer("new")) + integer("new") - integer("available") + integer("old")
ROLLED_OUT = all_of((integer("old") == 0, integer("available") == integer("replicas")))


def philosophers(n: int) -> TransitionSystem:
    """Everybody takes the left fork, then the right one, eats and puts both down. They may all starve, at rest."""
    free = [boolean(f"fork{i}") for i in range(n)]
    actions = []
    for i in range(n):
        has = integer(f"has{i}")
        left, right = f"fork{i}", f"fork{(i + 1) % n}"
        actions += [
            Action(f"{i} takes left", "philosopher", all_of((has == 0, free[i])), {f"has{i}": 1, left: False}),
            Action(
                f"{i} takes right", "philosopher", all_of((has == 1, free[(i + 1) % n])), {f"has{i}": 2, right: False}
            ),
            Action(f"{i} eats", "philosopher", has == 2, {f"has{i}": 0, left: True, right: True, "eaten": True}),
        ]
    return TransitionSystem(
        f"{n} philosophers",
        variables=(
            *(Variable(f"has{i}", 0, 2, 0) for i in range(n)),
            *(Variable.boolean(f"fork{i}", True) for i in range(n)),
            Variable.boolean("eaten"),
        ),
        actions=tuple(actions),
    )


def carousel(n: int) -> TransitionSystem:
    """A rider goes round ``n`` interchangeable horses for ever once nobody can stop the carousel any more.

    With the horses sorted the whole ride is one state with a step to itself; a real ride takes two steps at least to
    come back to where it was.
    """
    horses = [integer(f"horse{i}") for i in range(n)]
    running = boolean("running")
    actions = [
        Action("lose the key", "operator", True, {"running": True}, environment=True),
        Action("stop", "operator", negate(running), {"done": True}),
    ]
    for i in range(n):
        for j in range(n):
            if i != j:
                guard = all_of((running, horses[i] > 0, horses[j] == 0))
                actions.append(Action(f"{i} to {j}", "carousel", guard, {f"horse{i}": 0, f"horse{j}": 1}))
    return TransitionSystem(
        f"carousel of {n}",
        variables=(
            *(Variable(f"horse{i}", 0, 1, int(i == 0)) for i in range(n)),
            Variable.boolean("running"),
            Variable.boolean("done"),
        ),
        actions=tuple(actions),
        symmetry=(tuple((f"horse{i}",) for i in range(n)),),
    )


def two_counters() -> TransitionSystem:
    """``a`` and ``b`` rise together; ``a <= b`` needs the lemma that they are equal, or a look two steps back."""
    a, b, turn = integer("a"), integer("b"), boolean("turn")
    return TransitionSystem(
        "two counters",
        variables=(Variable("a", initial=0), Variable("b", initial=0), Variable.boolean("turn")),
        actions=(
            Action("raise b", "counter", negate(turn), {"b": b + 1, "turn": True}),
            Action("raise a", "counter", turn, {"a": a + 1, "turn": False}),
        ),
    )


MODELS: dict[str, Callable[[], TransitionSystem]] = {
    "4 pods on 2 nodes, listed": lambda: pods_on_nodes(4, 2, 2, counted=False, sorted_=False),
    "4 pods on 2 nodes, listed and sorted": lambda: pods_on_nodes(4, 2, 2, counted=False, sorted_=True),
    "5 pods on 3 nodes, counted": lambda: pods_on_nodes(5, 3, 2, counted=True, sorted_=False),
    "5 pods on 3 nodes, counted and sorted": lambda: pods_on_nodes(5, 3, 2, counted=True, sorted_=True),
    "rolling update of 3": lambda: rolling_update().fix(replicas=3, surge=1, unavailable=1),
    "rolling update of 2 that loses readiness": lambda: rolling_update(loses_readiness=True).fix(
        replicas=2, surge=0, unavailable=1
    ),
    "3 philosophers": lambda: philosophers(3),
    "carousel of 3": lambda: carousel(3),
}
"""Finite systems, by name: what every engine that needs no parameters is tried on."""
