"""The property language: text to typed trees, and trees to values and conditions of the model.

Text is cut into logical lines (``lines``), each line is parsed by ``grammar/property.lark`` (``parser``) into the trees
of ``syntax``, files and what they import are put together (``library``), and every name and type is checked before
anything runs (``checker``, with the types of ``types`` and ``fields`` and the functions of ``functions``).
``evaluate`` computes what an expression is worth: a plain value where only manifests are asked, a condition of the
model where the state of the cluster is. ``formatter`` writes trees back, comments kept.
"""
