"""Pictures from a trained model, by the pipelines of diffusers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import StableDiffusionControlNetPipeline

AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Manner:
    """As the model is meant to be used."""

    steps: int = 20
    guidance: float = 4.0


@torch.no_grad()
def draw(
    pipe: Any, prompts: Sequence[str], seeds: Sequence[int], manner: Manner, hints: torch.Tensor | None = None
) -> torch.Tensor:
    """float32 (prompts, 3, side, side) from -1 to 1, on the CPU. ``hints`` for a ControlNet: see :func:`edges.of`.

    In the precision of ``pipe`` as loaded, or rounding would be judged with it. The noise of each picture comes
    from its own seed, so that a picture does not depend on its neighbours.
    """
    drawn = []
    for start in range(0, len(prompts), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        given: dict[str, Any] = {} if hints is None else {"image": hints[part]}
        made = pipe(
            list(prompts[part]),
            num_inference_steps=manner.steps,
            guidance_scale=manner.guidance,
            generator=[torch.Generator().manual_seed(seed) for seed in seeds[part]],
            output_type="pt",
            **given,
        )
        drawn.append(made.images.float().cpu() * 2 - 1)
    return torch.cat(drawn)


def with_control(pipe: Any, control: Any) -> Any:
    """The same model, following edges."""
    made: Any = StableDiffusionControlNetPipeline(  # type: ignore[no-untyped-call]
        vae=pipe.vae,
        text_encoder=pipe.text_encoder,
        tokenizer=pipe.tokenizer,
        unet=pipe.unet,
        controlnet=control,
        scheduler=pipe.scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    made.set_progress_bar_config(disable=True)
    return made
