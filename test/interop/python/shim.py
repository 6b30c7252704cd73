"""Names that katcp-python still takes from `collections`. Import it before katcp."""
import collections
import collections.abc

for name in ("Iterable", "Sequence"):
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))
