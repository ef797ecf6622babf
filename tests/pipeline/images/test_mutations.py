from __future__ import annotations

import io
import random

import pytest
from support.pictures import picture

from pipeline.images import decoder


@pytest.mark.slow
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_damaged_pictures_are_decoded_or_refused_and_nothing_else(form: str) -> None:
    """In this process, so that a thousand of each take seconds; what escapes here would only end a child in use."""
    chance = random.Random(form)
    whole = picture(40, 30, color=(200, 90, 30), form=form)
    outcomes = {"decoded": 0, "refused": 0}
    for _ in range(1_000):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            image, _ = decoder.decode(io.BytesIO(bytes(data[: chance.randint(20, len(data))])), 100_000)
        except Exception as error:
            outcomes["refused"] += decoder.explain(error).isprintable()
        else:
            assert image.mode == "RGB"
            assert image.width * image.height <= 100_000
            outcomes["decoded"] += 1
    assert sum(outcomes.values()) == 1_000
    assert outcomes["refused"] > 100
