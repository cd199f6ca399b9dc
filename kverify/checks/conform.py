"""Reality: is a recorded run of a Deployment a run of the model?

For each Deployment of a recording: the world it lives in is built from what the recording shows (size, strategy, one
revision per template), every write that changes the specs, pods or the template is an observation, and the engine
follows them from nothing at all. Deletions of pods are the driver's only where the driver's actions say so.

Nodes are one place: with enough room for every pod, where a pod runs does not matter to the controllers involved.
What the model does not cover is said as ``NotModelled``, never followed with one eye closed.
"""

from __future__ import annotations

