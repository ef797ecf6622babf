"""Pipelines of several families with random weights, small enough to draw in milliseconds, saved as folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
)

from pipeline import starter

SIDE = 64
"""Pixels; 8 latents."""


def save_all(folder: Path) -> dict[str, Path]:
    """Each family in its own folder, by name."""
    torch.manual_seed(0)
    made = {"sd": _sd(), "sdxl": _sdxl(), "flux": _flux()}
    for name, pipe in made.items():
        pipe.save_pretrained(folder / name, safe_serialization=True)
    return {name: folder / name for name in made}


def _tokenizer() -> Any:
    return CLIPTokenizer.from_pretrained(starter.folder() / "tokenizer", local_files_only=True)


def _text(kind: type[Any] = CLIPTextModel, width: int = 16) -> Any:
    config = CLIPTextConfig(
        vocab_size=3236,
        hidden_size=width,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        projection_dim=width,
        bos_token_id=3234,
        eos_token_id=3235,
        pad_token_id=3235,
    )
    return kind(config).eval()


def _vae(shift: float | None = None) -> Any:
    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=SIDE,
        shift_factor=shift,
    ).eval()


def _unet(**extra: Any) -> Any:
    return UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=SIDE // 8,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=4,
        norm_num_groups=4,
        **extra,
    ).eval()


def _scheduler() -> Any:
    return EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)


def _sd() -> Any:
    return StableDiffusionPipeline(
        vae=_vae(),
        text_encoder=_text(),
        tokenizer=_tokenizer(),
        unet=_unet(cross_attention_dim=16),
        scheduler=_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _sdxl() -> Any:
    unet = _unet(
        cross_attention_dim=32,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=16 + 6 * 8,
        transformer_layers_per_block=(1, 1),
        use_linear_projection=True,
    )
    return StableDiffusionXLPipeline(
        vae=_vae(),
        text_encoder=_text(),
        text_encoder_2=_text(CLIPTextModelWithProjection),
        tokenizer=_tokenizer(),
        tokenizer_2=_tokenizer(),
        unet=unet,
        scheduler=_scheduler(),
        add_watermarker=False,
    )


def _flux() -> Any:
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=16,
        pooled_projection_dim=16,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=True,
    ).eval()
    t5 = T5EncoderModel(T5Config(vocab_size=3236, d_model=16, d_ff=32, d_kv=8, num_heads=2, num_layers=1)).eval()
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=_vae(shift=0.1),
        text_encoder=_text(),
        tokenizer=_tokenizer(),
        text_encoder_2=t5,
        tokenizer_2=_tokenizer(),
        transformer=transformer,
    )
