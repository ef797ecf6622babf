"""The entries in the menu of a message: edit its picture, and see how it was drawn."""

from __future__ import annotations

import io

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from support.bot_commands import Person, only_seen_by
from support.bot_world import BotWorld
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.interactions import Interaction
from support.fake_discord.messages import Message
from support.fake_discord.uploads import Upload
from support.pictures import picture

WRITTEN = (
    "a fox @everyone `x` ```\nNegative prompt: blurry\n"
    "Steps: 21, Sampler: Euler a, CFG scale: 6.5, Seed: 77, Size: 64x64"
)


def png(parameters: str) -> bytes:
    texts, out = PngInfo(), io.BytesIO()
    texts.add_text("parameters", parameters)
    Image.new("RGB", (64, 64)).save(out, "PNG", pnginfo=texts)
    return out.getvalue()


def posted(world: BotWorld, person: Person, *files: Upload) -> Message:
    return world.do(lambda fake: fake.say(person.user, person.where, "look", *files))


def sent(world: BotWorld, asked: Interaction, **values: str) -> Interaction:
    async def act(fake: FakeDiscord) -> Interaction:
        await asked.form()
        return await (await fake.submit(asked, **values)).answered()

    return world.do(act)


def test_parameters_of_ours_come_from_its_job(world: BotWorld) -> None:
    ann, ben = Person(world, "ann"), Person(world, "ben")
    message = world.done(ann.says("imagine", prompt="a red apple", steps=3, seed=7))

    told = ben.answer(ben.points("Parameters", message))

    assert only_seen_by(told, ben)
    assert "a red apple" in told.text
    assert "Seed: 7" in told.text
    assert ann.jobs()[0]["id"] in told.text


def test_a_long_prompt_comes_as_a_file(world: BotWorld) -> None:
    cat = Person(world, "cat")
    message = world.done(cat.says("imagine", prompt="x" * 4_000))

    told = cat.answer(cat.points("Parameters", message))

    assert [each.name for each in told.attachments] == ["parameters.txt"]
    assert b"x" * 4_000 in told.attachments[0].content


def test_parameters_of_others_are_read_from_the_picture(world: BotWorld) -> None:
    dan, eve = Person(world, "dan"), Person(world, "eve")
    message = posted(world, dan, Upload("in.png", png(WRITTEN)))

    told = eve.answer(eve.points("Parameters", message))

    assert only_seen_by(told, eve)
    assert "Seed: 77" in told.text
    assert "Steps: 21" in told.text
    assert "a fox" in told.text
    assert told.pings == []


def test_our_own_pictures_are_known_wherever_they_are_posted(world: BotWorld) -> None:
    fay = Person(world, "fay")
    drawn = world.done(fay.says("imagine", prompt="a boat", seed=11))
    message = posted(world, fay, Upload("saved.png", drawn.attachments[0].content))

    told = fay.answer(fay.points("Parameters", message))

    assert "a boat" in told.text
    assert "Seed: 11" in told.text


def test_a_picture_that_says_nothing_is_said_to(world: BotWorld) -> None:
    gus = Person(world, "gus")
    for file in (Upload("in.png", picture(64, 64)), Upload("in.jpg", picture(64, 64, form="JPEG"))):
        told = gus.answer(gus.points("Parameters", posted(world, gus, file)))
        assert told.text == "That picture doesn't say how it was drawn."
    without = gus.answer(gus.points("Parameters", posted(world, gus, Upload("in.txt", b"text"))))
    assert without.text == "There is no picture in that message."


def test_a_hostile_picture_is_survived(world: BotWorld) -> None:
    hal = Person(world, "hal")
    for data in (b"", b"\x89PNG\r\n\x1a\n", png("x" * 200_000), png("a\nSteps: " + "9" * 5_000), picture(8, 8)[:40]):
        told = hal.answer(hal.points("Parameters", posted(world, hal, Upload("in.png", data))))
        assert told.text
        assert "went wrong" not in told.text


def test_ours_is_edited_in_the_form_of_its_job(world: BotWorld) -> None:
    ida, jon = Person(world, "ida"), Person(world, "jon")
    message = world.done(ida.says("imagine", prompt="a red apple"))

    asked = sent(world, jon.points("Edit", message), prompt="a green apple")

    answer = world.done(jon.answer(asked))
    request = jon.jobs()[0]["request"]
    assert request["prompt"] == "a green apple"
    assert request["image"]
    assert "Varied from" in answer.text


def test_a_private_one_is_not_opened_to_others(world: BotWorld) -> None:
    kim, lea = Person(world, "kim"), Person(world, "lea")
    message = world.done(kim.says("imagine", prompt="a secret", private=True))

    for entry in ("Edit", "Parameters"):
        told = lea.answer(lea.points(entry, message))
        assert told.text == "There is no such job."
        assert only_seen_by(told, lea)


def test_a_picture_of_anybody_is_edited_in_a_form(world: BotWorld) -> None:
    max_, ned = Person(world, "max"), Person(world, "ned")
    message = posted(world, max_, Upload("in.png", picture(64, 64, color=(200, 10, 10))))

    opened = ned.points("Edit", message)
    asked = sent(world, opened, prompt="now in blue", more="strength: 0.4\nsteps: 3")

    answer = world.done(ned.answer(asked))
    request = ned.jobs()[0]["request"]
    assert (request["prompt"], request["denoising_strength"], request["steps"]) == ("now in blue", 0.4, 3)
    assert request["image"]
    assert ned.jobs()[0]["id"] in answer.text


def test_who_wants_his_own_private_has_what_comes_of_the_form_for_himself(world: BotWorld) -> None:
    quy, ros = Person(world, "quy"), Person(world, "ros")
    ros.says("settings set", private=True)
    message = posted(world, quy, Upload("in.png", picture(64, 64)))

    asked = sent(world, ros.points("Edit", message), prompt="a secret change", more="strength: 0.4")

    assert only_seen_by(world.done(ros.answer(asked)), ros)
    assert ros.says("history").text.count("a secret change") == 1


def test_what_a_form_says_wrong_is_told(world: BotWorld) -> None:
    oda = Person(world, "oda")
    message = posted(world, oda, Upload("in.png", picture(64, 64)))

    asked = sent(world, oda.points("Edit", message), prompt="a", more="nonsense @everyone")

    world.daemon.until(lambda: bool(asked.followups), 20, "it is told")
    assert "isn't an option" in asked.followups[0].text
    assert "@everyone" not in asked.followups[0].text
    assert oda.jobs() == []


def test_the_entries_have_names_in_every_language(world: BotWorld) -> None:
    menus = {each["name"]: each for each in world.call(lambda fake: fake.commands.listed()) if each["type"] == 3}

    assert menus["Edit"]["name_localizations"]["de"] == "Bearbeiten"
    assert menus["Parameters"]["name_localizations"]["fr"] == "Paramètres"
