"""A VAE in float32 among networks in float16: where the two meet, tensors are converted.

Many VAEs overflow in float16. The pipelines' own cure converts the shared module back and forth in mid-call.
"""

from __future__ import annotations

import functools
from typing import Any

import torch


def bridge(vae: Any, networks: torch.dtype) -> None:
    """Let ``vae`` take what the networks give, and give what they take."""
    decode, encode = vae.decode, vae.encode

    @functools.wraps(decode)
    def decode_in_its_own(z: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        return decode(z.to(vae.dtype), *args, **kwargs)

    @functools.wraps(encode)
    def encode_in_its_own(x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        answer = encode(x.to(vae.dtype), *args, **kwargs)
        found = getattr(answer, "latent_dist", None)
        if found is not None:
            answer.latent_dist = type(found)(found.parameters.to(networks))
        return answer

    vae.decode, vae.encode = decode_in_its_own, encode_in_its_own
