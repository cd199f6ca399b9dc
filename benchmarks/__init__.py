"""What kverify costs. ``python -m benchmarks`` runs every module here; each prints its own figures."""
