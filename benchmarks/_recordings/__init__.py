"""Recorded answers of a real API server, and whether kverify gives the same: what the conformance tests and
``python -m benchmarks.apiserver`` share. One module for each kind of recording."""
