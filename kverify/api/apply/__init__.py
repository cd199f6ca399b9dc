"""Applying objects to a cluster, as kubectl and the API server do it: pure functions over plain JSON values.

``strategic`` and ``json_merge`` are the patches of client-side apply, ``structured`` and ``managers`` server-side apply
with its field managers, ``last_applied`` what kubectl remembers, ``server`` the order of what happens on the server.
"""
