"""Pictures that people like: each owner's own list, gone with the picture."""

from __future__ import annotations

from typing import Any

import pytest

from config.errors import NotFoundError, UserError
from daemon.service import PruneOrder, Rule, Submission
from storage import favourites as stored


async def drawn(parts: Any, count: int = 1, owner: str = "discord:3") -> list[str]:
    fields = {"prompt": "a red apple", "count": count, "width": 64, "height": 64, "steps": 1}
    receipt = await parts.service.submit(Submission(fields=fields, owner=owner))
    return [picture.id for picture in (await parts.service.wait(receipt.id, 30)).pictures]


async def test_the_last_chosen_come_first_and_each_owner_has_his_own(drawing: Any) -> None:
    favourites, pictures = drawing.service.favourites, await drawn(drawing, 3)
    for picture in (pictures[1], pictures[0], pictures[2]):
        assert await favourites.set("discord:4", picture, True) is True
    assert await favourites.set("discord:4", pictures[1], True) is False
    assert await favourites.set("discord:5", pictures[1], True) is True
    chosen = [pictures[2], pictures[0], pictures[1]]
    assert [each.id for each in await favourites.of("discord:4", 10)] == chosen
    assert [each.id for each in await favourites.of("discord:4", 2)] == chosen[:2]
    assert [each.id for each in await favourites.of("discord:4", 10, before=chosen[0])] == chosen[1:]
    assert await favourites.among("discord:4", [*pictures, "0" * 16]) == set(pictures)
    assert await favourites.among("discord:5", pictures) == {pictures[1]}
    assert await favourites.set("discord:4", pictures[0], False) is True
    assert await favourites.set("discord:4", pictures[0], False) is False
    assert await favourites.among("discord:4", pictures) == {pictures[1], pictures[2]}


async def test_a_favourite_goes_with_its_picture(drawing: Any) -> None:
    (picture,) = await drawn(drawing)
    await drawing.service.favourites.set("discord:4", picture, True)
    [_ async for _ in drawing.service.keeping.prune(PruneOrder(rule=Rule()))]
    assert await drawing.service.favourites.of("discord:4", 10) == []
    assert await drawing.service.favourites.set("discord:4", picture, False) is False
    with pytest.raises(NotFoundError):
        await drawing.service.favourites.set("discord:4", picture, True)


async def test_the_list_is_bounded(drawing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MAX_EACH", 1)
    favourites, pictures = drawing.service.favourites, await drawn(drawing, 2)
    await favourites.set("discord:4", pictures[0], True)
    await favourites.set("discord:4", pictures[0], True)
    with pytest.raises(UserError, match="1 favourites already"):
        await favourites.set("discord:4", pictures[1], True)
    with pytest.raises(UserError):
        await favourites.among("discord:4", ["x"] * 501)
