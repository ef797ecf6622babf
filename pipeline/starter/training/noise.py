"""The diffusion: what is added to latents, what the network has to say of it, and the sampler that takes it away.

v-prediction after Salimans & Ho, "Progressive Distillation for Fast Sampling of Diffusion Models" (2022); betas
rescaled to zero terminal SNR, with trailing timesteps, after Lin et al., "Common Diffusion Noise Schedules and
Sample Steps are Flawed" (2023).
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

TIMESTEPS = 1000


def _schedule() -> Any:
    return DDIMScheduler(  # type: ignore[no-untyped-call]
        num_train_timesteps=TIMESTEPS,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        steps_offset=1,  # without a meaning for trailing timesteps, and the one value the library wants
        clip_sample=False,
        set_alpha_to_one=True,
    )


def sampler() -> Any:
    """DPM-Solver++ 2M (Lu et al. 2022) on this schedule: what the model folder names."""
    return DPMSolverMultistepScheduler.from_config(  # type: ignore[no-untyped-call]
        _schedule().config, algorithm_type="dpmsolver++", solver_order=2, final_sigmas_type="zero"
    )


def alphas(device: torch.device) -> torch.Tensor:
    """float32 (1000,): how much of the latents' variance is left at each timestep, from nearly 1 to exactly 0."""
    made = _schedule().alphas_cumprod
    assert isinstance(made, torch.Tensor)
    return made.to(device, torch.float32)


def blurred(
    latents: torch.Tensor, timesteps: torch.Tensor, noise: torch.Tensor, alphas: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents with noise, and v, which the network has to tell from them. float32 (count, 4, height, width) all."""
    alpha = alphas[timesteps].view(-1, 1, 1, 1)
    kept, added = alpha.sqrt(), (1 - alpha).sqrt()
    return kept * latents + added * noise, kept * noise - added * latents
