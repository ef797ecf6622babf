"""The networks by their sizes: the full ones, and tiny ones that show on a CPU that everything fits together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from diffusers import ControlNetModel, UNet2DConditionModel
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTextModel, CLIPVisionConfig

from pipeline.starter.training.tokens import LENGTH

LATENT_SCALE = 8
"""Pixels to a latent, along a side."""
PATCH_PARTS = 8
"""Patches of the encoder's picture along a side."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of all networks. ``eye`` is the half of the CLIP that sees."""

    side: int
    text_width: int
    text_layers: int
    text_heads: int
    unet_channels: tuple[int, int, int]
    unet_heads: tuple[int, int, int]
    norm_groups: int
    eye_side: int
    eye_width: int
    eye_layers: int
    eye_heads: int
    hint_channels: tuple[int, int, int, int]


FULL = Sizes(
    side=256,
    text_width=192,
    text_layers=4,
    text_heads=6,
    unet_channels=(96, 160, 224),
    unet_heads=(3, 5, 7),
    norm_groups=32,
    eye_side=128,
    eye_width=256,
    eye_layers=5,
    eye_heads=8,
    hint_channels=(16, 32, 64, 96),
)
"""UNet 16 M parameters, text encoder 2.4 M, CLIP 6.7 M, ControlNet 7.2 M."""
TINY = Sizes(
    side=64,
    text_width=32,
    text_layers=1,
    text_heads=2,
    unet_channels=(16, 32, 32),
    unet_heads=(2, 2, 2),
    norm_groups=8,
    eye_side=32,
    eye_width=32,
    eye_layers=1,
    eye_heads=2,
    hint_channels=(4, 8, 8, 8),
)


def text_encoder(sizes: Sizes, vocabulary: int) -> Any:
    """CLIPTextModel; the last two tokens of the vocabulary are beginning and end."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=sizes.text_width,
            intermediate_size=4 * sizes.text_width,
            num_hidden_layers=sizes.text_layers,
            num_attention_heads=sizes.text_heads,
            max_position_embeddings=LENGTH,
            projection_dim=sizes.text_width,
            bos_token_id=vocabulary - 2,
            eos_token_id=vocabulary - 1,
            pad_token_id=vocabulary - 1,
            hidden_act="quick_gelu",
        )
    )


def unet(sizes: Sizes) -> Any:
    """UNet2DConditionModel over four latent channels; no attention on the largest, costliest level."""
    return UNet2DConditionModel(  # type: ignore[no-untyped-call]
        sample_size=sizes.side // LATENT_SCALE,
        block_out_channels=sizes.unet_channels,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=sizes.text_width,
        attention_head_dim=sizes.unet_heads,  # the number of heads, whatever it is called
        norm_num_groups=sizes.norm_groups,
    )


def clip(sizes: Sizes, text: Any) -> Any:
    """CLIPModel (Radford et al. 2021) whose text half begins as the starter's own text encoder."""
    eye = CLIPVisionConfig(
        hidden_size=sizes.eye_width,
        intermediate_size=4 * sizes.eye_width,
        num_hidden_layers=sizes.eye_layers,
        num_attention_heads=sizes.eye_heads,
        image_size=sizes.eye_side,
        patch_size=sizes.eye_side // PATCH_PARTS,
        projection_dim=sizes.text_width,
        hidden_act="quick_gelu",
    )
    config = CLIPConfig(text_config=text.config.to_dict(), vision_config=eye.to_dict(), projection_dim=sizes.text_width)
    made = CLIPModel(config)
    made.text_model.load_state_dict(getattr(text, "text_model", text).state_dict(), strict=False)
    return made


def control(sizes: Sizes, denoiser: Any) -> Any:
    """ControlNetModel (Zhang et al. 2023) that begins as a copy of the UNet's first half."""
    return ControlNetModel.from_unet(
        denoiser, conditioning_channels=3, conditioning_embedding_out_channels=sizes.hint_channels
    )
