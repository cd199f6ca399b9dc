"""Small changes of manifests that make findings go away, each verified by checking again with it applied."""

from kverify.checks.fixes.apply import apply_fixes
from kverify.checks.fixes.search import with_fixes
from kverify.checks.fixes.verify import Interrupted

__all__ = ["Interrupted", "apply_fixes", "with_fixes"]
