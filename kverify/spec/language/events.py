"""What may happen in a scenario: disturbances of the cluster, and what people do.

The names are those of the language. ``unmodelled`` says why the model does not have an event yet; a property under a
scenario with such an event is undecided for that reason.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class Event:
    """Something that happens to a cluster. ``by_people``: somebody does it on purpose."""

    name: str
    doc: str
    by_people: bool = False
    unmodelled: str = ""


_NO = "the model does not have {} yet"

EVENTS = {
    event.name: event
    for event in (
        Event("rollout", "The new pod template is applied, and the controller replaces the pods.", by_people=True),
        Event("create", "The manifests are applied for the first time: nothing of them runs yet.", True),
        Event("apply", "The manifests are applied again, and set the replicas that an autoscaler had changed.", True),
        Event("self_heal", "A GitOps tool holds the manifest: it applies it again whenever replicas differ.", True),
        Event("drain", "kubectl drain: a node is cordoned and its pods are evicted, retried until all are gone.", True),
        Event("maintenance", "Nodes are drained one after another; each is uncordoned before the next.", True),
        Event("node_crash", "A node stops answering, is marked unreachable, and is removed in the end."),
        Event("kubelet_restart", "A node stops answering and is back before its lease has run out."),
        Event(
            "stale_status",
            "In a rollout: the status that the Deployment controller reads lags behind, again and again.",
        ),
        Event("image_pull_failure", "The image of the new template cannot be pulled: its pods never become Ready."),
        Event("crash_loop", "The containers of the new template crash: its pods never become Ready."),
        Event("probe_failure", "The readiness probe of the new template always fails: its pods never become Ready."),
        Event("outage", "What the containers of running pods need is gone: every readiness probe fails from then on."),
        Event(
            "container_restart",
            "A container of a running pod ends and is started again: the pod is not Ready until then.",
        ),
        Event("delete_pod", "Somebody deletes a pod: kubectl delete pod.", True),
        Event(
            "roll_back",
            "The old pod template is applied again, in the rollout or later: kubectl rollout undo, or apply.",
            True,
        ),
        Event("scale", "kubectl scale, or an autoscaler: replicas are changed, but not to none.", True),
        Event("cordon", "kubectl cordon: no new pod is bound to a node; those that are there stay.", True),
        Event("taint", "kubectl taint: a node gets a NoExecute taint that no pod tolerates by name.", True),
        Event("delete", "An object is deleted.", True, _NO.format("the deletion of whole objects during a run")),
        Event("pause", "kubectl rollout pause: nothing is rolled out, but the size is seen to.", True),
        Event("resume", "kubectl rollout resume: what was paused goes on.", True),
        Event("label", "A label of a pod or node is changed.", True, _NO.format("labels that change during a run")),
        Event("load", "The load on a workload changes.", unmodelled=_NO.format("load")),
        Event(
            "zone_loss",
            "All nodes of a zone stop answering.",
            unmodelled=_NO.format("the loss of several nodes at once"),
        ),
    )
}
