"""From words about a picture to a prompt."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from frontends.discord_bot.refining import Refinement, refinement
from pipeline.request import MAX_PROMPT_CHARACTERS


def test_a_number_names_the_picture() -> None:
    assert refinement("#2 at night") == Refinement(1, "at night")
    assert refinement("#10: at night") == Refinement(9, "at night")
    assert refinement("2 cats") == Refinement(0, "2 cats")
    assert refinement("#100 things") == Refinement(0, "#100 things")


def test_the_prompt_is_continued() -> None:
    assert refinement("at night").merged("a red fox,") == "a red fox, at night"


def test_what_is_said_already_is_not_said_twice() -> None:
    assert refinement("At Night").merged("a fox at night") == "a fox at night"


def texts(most: int) -> st.SearchStrategy[str]:
    """Long ones as well, at little cost."""
    return st.builds(lambda text, times: (text * times)[:most], st.text(max_size=20), st.sampled_from([1, 2, 100, 500]))


@given(texts(2 * MAX_PROMPT_CHARACTERS), texts(MAX_PROMPT_CHARACTERS))
def test_it_is_never_too_long_and_the_newer_words_stay(said: str, prompt: str) -> None:
    wanted = refinement(said)
    merged = wanted.merged(prompt)
    assert len(merged) <= MAX_PROMPT_CHARACTERS
    assert merged == prompt or merged.endswith(wanted.words[:MAX_PROMPT_CHARACTERS])
