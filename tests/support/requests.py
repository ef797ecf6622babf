"""Strategies and examples of requests and records for tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from pipeline.records import PictureRecord, RecordedModel
from pipeline.request import MAX_SEED, Request

PRINTABLE = st.characters(exclude_categories=["Cs", "Cc"])
WORDS = st.text(PRINTABLE, min_size=1, max_size=40).map(str.strip).filter(bool)
SIDES = st.integers(8, 512).map(lambda eighths: eighths * 8)


def requests() -> st.SearchStrategy[Request]:
    """Settled and open requests over the whole range."""
    return st.builds(
        Request,
        prompt=WORDS,
        negative_prompt=st.just("") | WORDS,
        model=st.none() | st.just("starter"),
        width=st.none() | SIDES,
        height=st.none() | SIDES,
        count=st.integers(1, 64),
        steps=st.none() | st.integers(1, 150),
        guidance_scale=st.none() | st.floats(0, 50),
        scheduler=st.none() | st.sampled_from(["DPM++ 2M", "Euler a", "DPM++ 2M SDE Karras"]),
        seed=st.none() | st.integers(0, MAX_SEED),
        image=st.none(),
        deterministic=st.booleans(),
    )


def settled(**fields: Any) -> Request:
    """A complete request."""
    usual = {
        "prompt": "a red apple",
        "model": "starter",
        "width": 64,
        "height": 64,
        "steps": 18,
        "guidance_scale": 4.0,
        "scheduler": "DPM++ 2M",
        "seed": 1,
    }
    return Request.model_validate({**usual, **fields})


def record(request: Request | None = None, **fields: Any) -> PictureRecord:
    """A record of a picture of ``request``."""
    request = request or settled()
    usual = {
        "job_id": "0123456789abcdef",
        "picture_id": "fedcba9876543210",
        "request": request,
        "seed": request.seed or 0,
        "width": request.width or 64,
        "height": request.height or 64,
        "model": RecordedModel(name="starter", family="sd", sha256="ab" * 32, licence="Apache-2.0"),
        "facts": {"device": "cpu", "dtype": "float32", "torch": "2.13.0", "threads": 2, "deterministic": True},
        "pixels_sha256": "cd" * 32,
        "software": "mezzotint 0.1.0",
        "created_at": 1_700_000_000_123,
    }
    return PictureRecord.model_validate({**usual, **fields})
