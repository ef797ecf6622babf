"""The form in which a job is changed is one that Discord takes, whatever the job was."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.discord_jobs import JOB, job
from support.fake_discord import modals
from support.fake_discord.refusals import Form

from frontends.discord_bot.buttons.edit_modal import PLACES, form
from frontends.discord_bot.words import Catalogue
from pipeline.request import Defaults

CATALOGUE = Catalogue.read()
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300) | st.just("x" * 4_000)


def opened(made: Any, models: int = 1, index: int | None = None, locale: str = "en-US") -> dict[str, Any]:
    """The modal for a job, which Discord must take."""
    entries = [SimpleNamespace(name=f"m{n}", description="d" * 200, defaults=Defaults()) for n in range(models)]
    board = SimpleNamespace(models=entries, chosen=lambda name=None: entries[0])
    press: Any = SimpleNamespace(words=CATALOGUE.words(locale), index=index, desk=SimpleNamespace(board=board))
    told = form(press, made).to_dict()
    check = Form()
    modals.check(check, told)
    check.finish()
    return dict(told)


@settings(max_examples=25, deadline=None)
@given(
    TEXTS.filter(str.strip),
    TEXTS,
    st.integers(1, 64),
    st.integers(1, 40),
    st.sampled_from(["en-US", "de", "fr"]),
    st.booleans(),
)
def test_it_fits(prompt: str, negative: str, count: int, models: int, locale: str, image: bool) -> None:
    request = {"prompt": prompt, "negative_prompt": negative, "count": count, "model": "m0"}
    if image:
        request["image"] = "ab" * 32
    told = opened(job(request=request), models, locale=locale)

    assert told["custom_id"] == f"mz:edit:{JOB}"
    assert len(told["components"]) <= PLACES
    assert modals.preset(modals.inputs(told)["prompt"]) == prompt.strip()


def test_the_picture_under_the_button_is_what_it_starts_from() -> None:
    told = opened(job(request={"count": 3}), index=2)

    assert modals.preset(modals.inputs(told)["start"]) == ["2"]
    assert told["custom_id"] == f"mz:edit:{JOB}:2"


def test_a_job_without_pictures_starts_from_words() -> None:
    assert "start" not in modals.inputs(opened(job("failed")))
    again = modals.inputs(opened(job("failed", request={"image": "ab" * 32})))
    assert modals.preset(again["start"]) == ["input"]


def test_of_several_models_one_is_chosen_and_the_rest_is_said_in_lines() -> None:
    parts = modals.inputs(opened(job(request={"model": "m1", "negative_prompt": "grey"}), models=2))

    assert modals.preset(parts["model"]) == ["m1"]
    assert "negative: grey" in modals.preset(parts["more"])
    assert "negative" not in parts
