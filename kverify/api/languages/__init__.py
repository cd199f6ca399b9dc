"""The small languages inside manifests: texts with a grammar of their own, each read by one module.

``language.py`` is what they share: :class:`~kverify.api.languages.language.TextError`, which knows the characters at
fault, and grammars that explain mistakes by example. Quantities are at home in :mod:`kverify.api.quantity`.
"""
