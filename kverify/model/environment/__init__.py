"""What happens to a cluster from outside: one file per disturbance, written like a component.

A disturbance that may or may not happen marks its actions ``environment=True``: no fairness is assumed of them, and
no goal may depend on them. One that somebody carries through (a drain) is as fair as any controller.
"""
