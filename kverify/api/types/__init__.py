"""The types of the Kubernetes API, a module for each group; ``core/v1`` has several."""
