"""Custom resources: what the schema of a CustomResourceDefinition makes of them, as the API server does it."""
