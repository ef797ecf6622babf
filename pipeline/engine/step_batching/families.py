"""How unusual arguments of a denoiser merge. Everything not named here follows the default rules of :mod:`signature`.

The default: tensors whose first axis counts the rows are joined there, scalars become one entry a row, everything
else must be equal. A wrong or missing entry costs speed, not pictures, where calls are merged: the first merged call is
verified. What :attr:`Rules.by_rows` says is believed as it is: tests hold it against whole calls.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """What is unusual about one class of denoiser."""

    shared: frozenset[str] = frozenset()
    """Tensors without a batch axis, even if their first axis happens to count as many: must be equal."""
    listed: frozenset[str] = frozenset()
    """Python lists with one entry a row: joined end to end."""
    rows_from: tuple[str, ...] = ("hidden_states", "sample", "x")
    """Arguments that tell the number of rows; the first that is there does."""
    alone: bool = False
    """Keeps state between its calls: never merged."""
    by_rows: bool = False
    """No row looks at another, and the rules tell the rows of every argument right: where memory is short they are
    computed one by one, without a comparison for which there is no memory."""


_IDS = frozenset({"img_ids", "txt_ids"})
_RULES = {
    "UNet2DConditionModel": Rules(by_rows=True),
    "FluxTransformer2DModel": Rules(shared=_IDS),
    "ChromaTransformer2DModel": Rules(shared=_IDS),
    "BriaTransformer2DModel": Rules(shared=_IDS),
    "HiDreamImageTransformer2DModel": Rules(shared=_IDS),
    "QwenImageTransformer2DModel": Rules(listed=frozenset({"img_shapes", "txt_seq_lens"})),
    "ZImageTransformer2DModel": Rules(listed=frozenset({"x", "cap_feats"})),
    "Lumina2Transformer2DModel": Rules(alone=True),
    "OmniGenTransformer2DModel": Rules(alone=True),
}
_DEFAULT = Rules()


def rules_for(class_name: str) -> Rules:
    """The rules for a module of this class."""
    return _RULES.get(class_name, _DEFAULT)
