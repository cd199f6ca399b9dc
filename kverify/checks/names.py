"""The names of the built-in properties, as they are asked for (``--property``) and as ``specs/`` declares those that
are decided by their text."""

from __future__ import annotations

from typing import Final

ADMITTED: Final = "admitted"
RELEASED: Final = "released"
SCHEDULABLE: Final = "schedulable"
BURSTS_FIT: Final = "bursts-fit"
VOLUMES_REACHABLE: Final = "volumes-reachable"
GANGS: Final = "gangs"
NOBODY_PREEMPTED: Final = "nobody-preempted"
COMES_TO_REST: Final = "comes-to-rest"
ROLLOUT_COMPLETES: Final = "rollout-completes"
PROMISES_KEPT: Final = "promises-kept"
BAD_REVISION_CONTAINED: Final = "bad-revision-contained"
SPREAD_KEPT: Final = "spread-kept"
DRAIN_ENDS: Final = "drain-ends"
NODE_LOSS_SURVIVED: Final = "node-loss-survived"
AUTOSCALER_KEPT: Final = "autoscaler-kept"
ENDPOINTS_KEPT: Final = "endpoints-kept"

TOGETHER: Final = "all together"
"""What stands for all objects of a property, where something is said of all at once."""
