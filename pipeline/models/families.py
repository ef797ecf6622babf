"""The families of models: which pipeline classes are known, of which parts they consist, and how they draw by default.

A class that is not listed is never loaded: the names in a model's ``model_index.json`` decide which code runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.request import Defaults


@dataclass(frozen=True, slots=True)
class Family:
    """What the models of one pipeline class have in common."""

    name: str
    pipeline_class: str
    defaults: Defaults


def _defaults(side: int, steps: int, guidance_scale: float, scheduler: str) -> Defaults:
    return Defaults(width=side, height=side, steps=steps, guidance_scale=guidance_scale, scheduler=scheduler)


_FAMILIES = (
    Family("sd", "StableDiffusionPipeline", _defaults(512, 20, 7.0, "DPM++ 2M")),
    Family("sdxl", "StableDiffusionXLPipeline", _defaults(1024, 25, 5.0, "DPM++ 2M")),
    Family("sd3", "StableDiffusion3Pipeline", _defaults(1024, 28, 4.5, "Flow Euler")),
    Family("flux", "FluxPipeline", _defaults(1024, 28, 3.5, "Flow Euler")),
    Family("pixart", "PixArtSigmaPipeline", _defaults(1024, 20, 4.5, "DPM++ 2M")),
    Family("sana", "SanaPipeline", _defaults(1024, 20, 4.5, "Flow DPM++ 2M")),
    Family("qwen-image", "QwenImagePipeline", _defaults(1024, 30, 4.0, "Flow Euler")),
    Family("z-image", "ZImagePipeline", _defaults(1024, 9, 0.0, "Flow Euler")),
)

BY_PIPELINE_CLASS: Mapping[str, Family] = MappingProxyType({family.pipeline_class: family for family in _FAMILIES})
BY_NAME: Mapping[str, Family] = MappingProxyType({family.name: family for family in _FAMILIES})

COMPONENT_CLASSES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "diffusers": frozenset(
            {
                "AutoencoderKL",
                "AutoencoderTiny",
                "AutoencoderDC",
                "AutoencoderKLQwenImage",
                "UNet2DConditionModel",
                "SD3Transformer2DModel",
                "FluxTransformer2DModel",
                "PixArtTransformer2DModel",
                "SanaTransformer2DModel",
                "QwenImageTransformer2DModel",
                "ZImageTransformer2DModel",
                "DDIMScheduler",
                "DDPMScheduler",
                "PNDMScheduler",
                "LCMScheduler",
                "TCDScheduler",
                "LMSDiscreteScheduler",
                "EulerDiscreteScheduler",
                "EulerAncestralDiscreteScheduler",
                "HeunDiscreteScheduler",
                "DPMSolverMultistepScheduler",
                "DPMSolverSinglestepScheduler",
                "UniPCMultistepScheduler",
                "DEISMultistepScheduler",
                "FlowMatchEulerDiscreteScheduler",
                "FlowMatchHeunDiscreteScheduler",
            }
        ),
        "transformers": frozenset(
            {
                "CLIPTextModel",
                "CLIPTextModelWithProjection",
                "CLIPTokenizer",
                "CLIPTokenizerFast",
                "CLIPImageProcessor",
                "CLIPFeatureExtractor",
                "CLIPVisionModelWithProjection",
                "T5EncoderModel",
                "T5Tokenizer",
                "T5TokenizerFast",
                "Gemma2Model",
                "Gemma2ForCausalLM",
                "GemmaTokenizer",
                "GemmaTokenizerFast",
                "Qwen2Tokenizer",
                "Qwen2TokenizerFast",
                "Qwen2_5_VLForConditionalGeneration",
                "Qwen3Model",
                "Qwen3ForCausalLM",
            }
        ),
        "stable_diffusion": frozenset({"StableDiffusionSafetyChecker"}),
    }
)
"""Library to classes, as ``model_index.json`` names them."""
