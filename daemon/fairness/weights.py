"""How much an owner counts among the others of his lane."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def weight_of(owner: str, groups: Iterable[str], weights: Mapping[str, float]) -> float:
    """His own weight (``owner:source:name``), else the largest of his groups (``role:patron``), else 1."""
    own = weights.get(f"owner:{owner}")
    if own is not None:
        return own
    return max((weights[group] for group in groups if group in weights), default=1.0)
