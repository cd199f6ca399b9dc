"""The built-in checks: one file each. A check chooses the question, the smallest scene that decides it, and the
words."""

from kverify.checks.finding import Finding, Proof, Report
from kverify.checks.options import Options
from kverify.checks.registry import CHECKS
from kverify.checks.run import run

__all__ = ["CHECKS", "Finding", "Options", "Proof", "Report", "run"]
