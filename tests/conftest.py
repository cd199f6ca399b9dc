"""Hypothesis profiles: ``quick`` unless ``KVERIFY_HYPOTHESIS_PROFILE`` names another.

Neither has a deadline, because a test must not depend on how busy the machine is. ``quick`` always draws the same
examples, so that a change that did not cause a failure is not blamed for it; ``deep`` looks for new ones.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
os.environ["KVERIFY_NO_CACHE"] = "1"  # Tests of the cache ask for it.
settings.register_profile("quick", max_examples=60, deadline=None, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile("deep", max_examples=3_000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("KVERIFY_HYPOTHESIS_PROFILE", "quick"))
