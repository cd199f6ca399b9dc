"""``kverify fit``: who finds a node in every order, and what the loss of a node leaves."""
