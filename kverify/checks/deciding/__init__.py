"""From a question to a verdict: the scene or theorem that decides it, the engines that are asked, and why nothing moves
in the end."""
