"""Small changes of manifests that make findings go away, each verified by checking again with it applied."""

from kverify.checks.fixes.search import with_fixes

__all__ = ["with_fixes"]
