"""The scheduler's score plugins: which of the feasible nodes it may take."""

from kverify.model.scheduling.scoring.framework import MAX_SCORE, ScorePlugin, ScoringError
from kverify.model.scheduling.scoring.profile import ALL_ARE_SCORED, DEFAULT_SCORES, Ranking, rank

__all__ = ["ALL_ARE_SCORED", "DEFAULT_SCORES", "MAX_SCORE", "Ranking", "ScorePlugin", "ScoringError", "rank"]
