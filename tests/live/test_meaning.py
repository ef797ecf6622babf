"""The starter draws what it is asked for, judged by its own CLIP-style encoder, through the whole product."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support.live_daemon import LiveDaemon

from pipeline import starter

pytestmark = [pytest.mark.slow, pytest.mark.engine, pytest.mark.timeout(600)]

BACKGROUNDS = (
    "on a white background",
    "on a blue background",
    "on a green background",
    "on a yellow background",
    "on a pink background",
    "on a gray background",
    "on the beach",
    "in the snow",
    "at sunset",
    "on the grass",
)
CANDIDATES = 50
SHEET_COLUMNS = 8
ENVIRONMENT = {"MEZZOTINT_ENGINE__KIND": "local", "MEZZOTINT_ENGINE__THREADS": "1"}
"""One thread: another engine that draws on the same cores would make both wait for each other's threads."""


def caption(subject: str, background: str) -> str:
    """``an owl on the beach``."""
    return f"{'an' if subject[0] in 'aeiou' else 'a'} {subject} {background}"


@pytest.fixture(scope="module")
def judge() -> Any:
    """Scores of captions for a picture, by the encoder that ships with the starter."""
    torch = pytest.importorskip("torch")
    from transformers import CLIPImageProcessor, CLIPModel, CLIPTokenizer

    folder = starter.folder() / "clip"
    model = CLIPModel.from_pretrained(folder, local_files_only=True).eval()
    tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    processor = CLIPImageProcessor.from_pretrained(folder, local_files_only=True)

    def best(picture: Image.Image, captions: list[str]) -> str:
        with torch.inference_mode():
            words = tokenizer(captions, padding="max_length", max_length=77, truncation=True, return_tensors="pt")
            scores = model(**words, **processor(picture, return_tensors="pt")).logits_per_image[0]
        return captions[int(scores.argmax())]

    return best


@pytest.mark.parametrize("number", [10, pytest.param(40, marks=pytest.mark.soak)])
def test_the_encoder_ranks_the_right_caption_first_for_at_least_nine_in_ten_pictures(
    tmp_path: Path, judge: Any, number: int
) -> None:
    """Subjects are ordered from the running daemon; each picture is held against its caption and 49 others."""
    chance = random.Random(20)
    subjects = chance.sample(list(starter.subjects()), number)
    prompts = [caption(*pair) for pair in zip(subjects, itertools.cycle(BACKGROUNDS))]
    others = [caption(subject, chance.choice(BACKGROUNDS)) for subject in starter.subjects() if subject not in subjects]
    daemon = LiveDaemon(tmp_path / "state", ENVIRONMENT)
    daemon.start()
    try:
        ids = [daemon.submit(prompt, seed=100 + place) for place, prompt in enumerate(prompts)]
        jobs = daemon.wait(*ids, seconds=500)
    finally:
        daemon.stop()
    assert [job["state"] for job in jobs] == ["done"] * number
    pictures = [Image.open(job["pictures"][0]["path"]).convert("RGB") for job in jobs]
    sheet(pictures).save(tmp_path / "sheet.png")
    wrong = []
    for prompt, picture in zip(prompts, pictures, strict=True):
        distractors = chance.sample([text for text in (*prompts, *others) if text != prompt], CANDIDATES - 1)
        if (said := judge(picture, [prompt, *distractors])) != prompt:
            wrong.append((prompt, said))
    assert len(wrong) <= number // 10, wrong


def sheet(pictures: list[Image.Image], side: int = 128) -> Image.Image:
    """All pictures on one sheet, for eyes."""
    rows = -(-len(pictures) // SHEET_COLUMNS)
    whole = Image.new("RGB", (SHEET_COLUMNS * side, rows * side), "white")
    for number, picture in enumerate(pictures):
        whole.paste(picture.resize((side, side)), (number % SHEET_COLUMNS * side, number // SHEET_COLUMNS * side))
    return whole
