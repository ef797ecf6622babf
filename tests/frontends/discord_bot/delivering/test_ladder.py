"""A picture goes down the ladder as far as it must and no further."""

from __future__ import annotations

import contextlib
import io
import time

import pytest
from PIL import Image
from support.delivery_world import World
from support.fake_discord import refusals
from support.pictures import noise, opened, picture

from config.errors import RetryableError
from daemon.service import Picture
from frontends.discord_bot.delivering import ladder
from frontends.discord_bot.delivering.batches import MOST_BYTES, MOST_FILES, batches
from frontends.discord_bot.delivering.ladder import RUNGS, Ladder, Written, write

ORIGINAL = "PATCH /webhooks/*/messages/@original"


def smooth(side: int = 400) -> bytes:
    """A picture that is written wastefully."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((side, side)).convert("RGB").save(out, "PNG", compress_level=0)
    return out.getvalue()


async def test_a_picture_that_fits_is_sent_as_it_is() -> None:
    png = noise()
    written = await Ladder(png).fit(len(png))

    assert (written.data, written.ending) == (png, "png")


async def test_the_next_rung_loses_nothing() -> None:
    png = smooth()
    written = await Ladder(png).fit(len(png) - 1)

    assert written.rung.name == "lossless"
    assert opened(written.data).convert("RGB").tobytes() == opened(png).tobytes()


async def test_then_ever_more_is_lost_down_to_a_small_one() -> None:
    png = noise()
    sizes = []
    for limit in (len(png) // 2, len(png) // 3, len(png) // 6, 3_000):
        written = await Ladder(png).fit(limit)
        sizes.append(len(written.data))
        assert len(written.data) <= limit or written.rung.small

    assert sizes == sorted(sizes, reverse=True)
    assert written.rung.small


async def test_no_rung_is_encoded_twice_nor_one_that_can_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def counted(png: bytes, rung: ladder.Rung) -> Written:
        tried.append(rung.name)
        return write(png, rung)

    monkeypatch.setattr(ladder, "write", counted)
    going = Ladder(noise())
    await going.fit(20_000)
    while await going.lower():
        pass

    assert len(tried) == len(set(tried))
    assert "lossless" not in tried, "it could not have come down so far"
    assert going.written.rung is RUNGS[-1]
    assert not await going.lower()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
async def test_pictures_of_every_kind_can_be_written(mode: str) -> None:
    for rung in RUNGS[1:]:
        written = write(picture(40, 30, mode=mode), rung)
        assert opened(written.data).size == ((20, 15) if rung.small else (40, 30))


async def test_without_webp_it_is_a_jpeg_on_white(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder.features, "check", lambda _: False)

    written = write(picture(40, 30, mode="RGBA", color=(0, 0, 0, 0)), RUNGS[2])

    assert written.ending == "jpg"
    assert opened(written.data).getpixel((5, 5)) == (255, 255, 255)


def test_pictures_share_messages_within_what_a_request_may_have() -> None:
    mega = 1 << 20
    sizes = [9 * mega, 9 * mega, 9 * mega, *[1000] * 12, 30 * mega]
    pictures = [_sized(index, size) for index, size in enumerate(sizes)]

    made = batches(pictures, 10 * mega)

    assert [each.index for batch in made for each in batch] == list(range(len(sizes)))
    assert all(len(batch) <= MOST_FILES for batch in made)
    assert all(sum(min(each.bytes, 10 * mega) for each in batch) <= MOST_BYTES for batch in made)
    assert [len(batch) for batch in made] == [2, 10, 4]


def _sized(index: int, size: int) -> Picture:
    return Picture(
        id=f"{index:016}",
        job_id="0" * 16,
        index=index,
        path="",
        sha256="",
        pixels_sha256="",
        seed=0,
        width=8,
        height=8,
        bytes=size,
        facts={},
        created_at=0,
    )


async def test_an_upload_over_the_limit_arrives_down_the_ladder(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontends.discord_bot.delivering.ways.FILE_LIMIT", 200_000)
    job = await world.asked(data=noise(600))
    assert job.pictures[0].bytes > 200_000

    await world.deliverer.deliver(world.delivery(job), job)

    (shown,) = world.message(job).pictures
    assert len(shown.content) <= 200_000
    assert shown.name == f"{job.pictures[0].id}.webp"
    assert shown.size == (600, 600)
    assert (await world.post(job)).state == "told"
    world.fake.assert_no_surprises()


async def test_what_discord_finds_too_large_is_sent_smaller_until_it_passes(world: World) -> None:
    job = await world.asked(data=noise(), count=2)
    world.fake.faults.refuse(ORIGINAL, refusals.too_large(), times=3)

    await world.deliverer.deliver(world.delivery(job), job)

    assert [each.name for each in world.message(job).pictures] == [f"{each.id}.webp" for each in job.pictures]
    assert len(world.fake.asked(ORIGINAL)) == 4
    assert [len(world.sights(each)) for each in job.pictures] == [1, 1]


async def test_the_last_rung_says_where_the_whole_picture_is(world: World) -> None:
    job = await world.asked(data=noise(700))
    world.fake.faults.refuse(ORIGINAL, refusals.too_large(), times=len(RUNGS) - 1)

    await world.deliverer.deliver(world.delivery(job), job)

    message = world.message(job)
    (shown,) = message.pictures
    assert shown.size == (350, 350)
    assert "`/show`" in message.text
    world.fake.assert_no_surprises()


async def test_what_is_too_large_on_every_way_is_kept(world: World) -> None:
    job = await world.asked()
    world.fake.faults.refuse("*", refusals.too_large(), times=None)

    await world.deliverer.deliver(world.delivery(job), job)

    post = await world.post(job)
    assert (post.state, post.why) == ("kept", "It was too large for Discord.")


async def test_the_ladder_may_take_longer_than_a_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is slow to encode would else be begun anew with every try, for ever."""

    def slow(png: bytes, rung: ladder.Rung) -> Written:
        time.sleep(0.4)
        return write(png, rung)

    monkeypatch.setattr(ladder, "write", slow)
    monkeypatch.setattr("frontends.discord_bot.delivering.ways.FILE_LIMIT", 60_000)
    world.request_seconds = 1.0
    async with world.connected():
        job = await world.asked(data=noise(), count=4)
        delivery = world.delivery(job)
        for _ in range(5):  # a busy machine may need more than a second for a request now and then
            with contextlib.suppress(RetryableError):
                await world.deliverer.deliver(delivery, job)
                break

    assert (await world.post(job)).state == "told"
