"""The built-in properties, one file each: the question, the smallest scene that decides it, and the words."""
