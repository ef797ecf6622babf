"""Jobs are found by the words of their prompts, by those who may see them; no text is wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.service import Origin, PruneOrder, Rule, Submission
from storage import prompts, queue, search


async def ask(parts: Any, prompt: str, owner: str = "discord:3", guild: str | None = "1", private: bool = False) -> str:
    submission = Submission(
        fields={"prompt": prompt, "width": 64, "height": 64},
        owner=owner,
        origin=Origin("discord", {"guild": guild, "private": private}),
        groups=() if guild is None else (f"guild:{guild}",),
    )
    return str((await parts.service.submit(submission)).id)


async def found(parts: Any, text: str, **asked: Any) -> list[str]:
    usual = {"owner": None, "guild": "1", "viewer": "discord:9", "limit": 10}
    return [job.id for job in await parts.service.search(text, **{**usual, **asked})]


@pytest.fixture(params=["with the index", "without"])
def either(request: pytest.FixtureRequest, parts: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param == "without":
        monkeypatch.setattr(prompts, "is_there", lambda _: False)
    else:
        assert parts.database.read_sync(prompts.is_there)
    return parts


async def test_all_words_must_be_there_and_the_last_may_be_a_beginning(either: Any) -> None:
    red = await ask(either, "A Red Apple, on a table")
    green = await ask(either, "a green apple pie")
    assert await found(either, "apple") == [green, red]
    assert await found(either, "APPLE red") == [red]
    assert await found(either, "apple gre") == [green]
    assert await found(either, "apple blue") == []
    assert await found(either, "apple", limit=1) == [green]
    assert await found(either, "apple", before=green) == [red]
    assert await found(either, "apple", before="0" * 16) == []


async def test_accents_do_not_matter_to_the_index(parts: Any) -> None:
    job = await ask(parts, "ein Café in Zürich")
    for text in ("cafe", "zurich", "CAFÉ", "Zu\u0308rich"):
        assert await found(parts, text) == [job], text


async def test_what_would_be_syntax_is_only_text(either: Any) -> None:
    job = await ask(either, 'red "apple" near and not -pear')
    for text in ('"red', "red*", "red AND apple", "prompt:red", "red NEAR apple", "-red", "red^", "NOT pear", "(red"):
        words = text.lower().replace("prompt:", "").replace("near", "near")
        assert await found(either, text) == ([job] if "prompt" not in text else []), words
    for text in ("", "   ", '"', "*", "()", "_", "%", "\x00", "👾"):
        assert await found(either, text) == [], repr(text)
    assert await found(either, "red OR blue") == [], "every word is meant as it stands"


async def test_only_who_may_see_a_job_finds_it(either: Any) -> None:
    open_one = await ask(either, "an apple")
    private = await ask(either, "a secret apple", private=True)
    elsewhere = await ask(either, "an apple of another place", guild="11")
    alone = await ask(either, "an apple between us", guild=None)
    assert await found(either, "apple") == [open_one]
    assert await found(either, "apple", viewer="discord:3") == [private, open_one]
    assert await found(either, "apple", guild="11") == [elsewhere]
    assert await found(either, "apple", guild=None) == []
    assert await found(either, "apple", guild=None, owner="discord:3") == []
    mine = [alone, elsewhere, private, open_one]
    assert await found(either, "apple", guild=None, viewer="discord:3") == mine
    assert await found(either, "apple", guild=None, viewer="discord:3", owner="discord:4") == []
    other = await ask(either, "his apple", owner="discord:4")
    assert await found(either, "apple", owner="discord:4") == [other]


async def test_a_page_goes_on_behind_what_others_asked_for(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "AT_ONCE", 2)
    mine = [await ask(parts, f"apple {number}", owner=f"discord:{number % 3}") for number in range(9)]
    assert await found(parts, "apple", owner="discord:0") == [mine[6], mine[3], mine[0]]
    assert await found(parts, "apple", owner="discord:0", limit=2) == [mine[6], mine[3]]
    monkeypatch.setattr(search, "SCANNED", 4)
    assert await found(parts, "apple", owner="discord:0") == [mine[6]], "so far back it looks and no further"


async def test_the_index_is_asked_once_however_far_back_it_looks(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "AT_ONCE", 2)
    for _ in range(7):
        await ask(parts, "apple", private=True)
    asked: list[str] = []

    def look(connection: Any) -> list[Any]:
        sa.event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
        return search.find(connection, "a", owner=None, guild="1", viewer="discord:9", limit=5)

    assert await parts.database.read(look) == []
    assert sum("MATCH" in statement for statement in asked) == 1
    assert sum("jobs.id" in statement for statement in asked) == 4, "page by page"


async def test_a_job_that_is_removed_is_found_no_more_nor_is_another_in_its_place(parts: Any) -> None:
    kept, job = await ask(parts, "an old apple"), await ask(parts, "an apple")
    await parts.service.cancel(job)
    await parts.service.remove(job)
    assert await found(parts, "apple") == [kept]
    pear = await ask(parts, "a pear")  # it takes the number of the one that is gone
    assert await found(parts, "apple") == [kept]
    assert await found(parts, "pear") == [pear]
    await parts.service.cancel(pear)
    [_ async for _ in parts.service.keeping.prune(PruneOrder(rule=Rule()))]
    assert await found(parts, "pear") == []
    parts.database.write_sync(
        lambda c: c.exec_driver_sql("INSERT INTO prompts (prompts, rank) VALUES ('integrity-check', 1)")
    )


async def test_what_is_refused_together_with_others_is_not_found(parts: Any) -> None:
    """Writers that fail alone in a transaction of many leave no words behind."""

    def fails(connection: Any) -> None:
        connection.exec_driver_sql("SELECT 1")
        queue.enqueue(connection, new, now=1)
        raise ValueError("on purpose")

    new = await parts.service._intake.prepare(
        Submission(fields={"prompt": "a lost apple"}, owner="discord:3", groups=("guild:1",))
    )
    results = await asyncio.gather(
        parts.database.write(fails), ask(parts, "a kept apple"), parts.database.write(fails), return_exceptions=True
    )
    assert await found(parts, "apple") == [results[1]]
    parts.database.write_sync(
        lambda c: c.exec_driver_sql("INSERT INTO prompts (prompts, rank) VALUES ('integrity-check', 1)")
    )


@given(text=st.text(max_size=80) | st.text(alphabet="\"*():^-+{}'ANDORTE %_\\\x00aé", max_size=40))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_wrong(parts: Any, text: str) -> None:
    parts.database.read_sync(lambda c: search.find(c, text, owner=None, guild="1", viewer="discord:9", limit=5))


PROMPT = st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)


@given(prompt=PROMPT, data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_job_is_found_by_any_of_its_plain_words(parts: Any, prompt: str, data: st.DataObject) -> None:
    from support.queue_driver import new_job
    from support.requests import settled

    words = [word for word in search.words_of(prompt) if word.isascii()]
    if not words:
        return
    new = new_job(settled(prompt=prompt, steps=1), owner="discord:9")
    job = parts.database.write_sync(lambda c: queue.enqueue(c, new, now=1)).id
    word = data.draw(st.sampled_from(words))
    hits = parts.database.read_sync(lambda c: search.find(c, word, owner=None, guild=None, viewer="discord:9", limit=1))
    if prompt.isascii():
        assert [each.id for each in hits] == [job]
