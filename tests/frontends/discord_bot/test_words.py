"""Every language has every text, with the same places and within Discord's bounds, and every text is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from discord import Locale, app_commands

import frontends.discord_bot
from frontends.discord_bot.words import LANGUAGES, Catalogue, Marked, Translator
from frontends.discord_bot.words.catalogue import texts

SOURCES = Path(frontends.discord_bot.__file__).parent
NAME = re.compile(r"[-_'\w]{1,32}")
"""What Discord takes as the name of a command or option, in lower case."""
TOLD = ("say", "label", "marked")


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def literals() -> Iterator[str]:
    """Every string of the sources, f-strings with a star for what is put in."""
    for path in SOURCES.rglob("*.py"):
        yield from strings(ast.parse(path.read_text()))


def strings(node: ast.AST) -> Iterator[str]:
    """Those within a part of a source."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(each.value) if isinstance(each, ast.Constant) else "*" for each in node.values)
        for each in node.values:
            if isinstance(each, ast.FormattedValue):
                yield from strings(each.value)
    else:
        for each in ast.iter_child_nodes(node):
            yield from strings(each)


def asked_for() -> Iterator[str]:
    """The keys that are named where a text is asked for."""
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TOLD
            if called and isinstance(node, ast.Call) and node.args:
                yield from (key for key in strings(node.args[0]) if re.fullmatch(r"[a-z0-9_*]+(\.[a-z0-9_*]+)+", key))


def matching(pattern: str, keys: set[str]) -> set[str]:
    if "*" not in pattern:
        return {pattern} & keys
    if pattern == "*.*":
        return set()
    any_part = "[a-z0-9_.]+" if pattern.startswith("*") else "[a-z0-9_]+"
    wanted = re.compile(any_part.join(re.escape(each) for each in pattern.split("*")))
    return {key for key in keys if wanted.fullmatch(key)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_places(language: str) -> None:
    english, own = texts("en"), texts(language)

    assert set(own) == set(english)
    assert {key: places(text) for key, text in own.items()} == {key: places(text) for key, text in english.items()}


def test_every_text_that_is_asked_for_is_there() -> None:
    keys = set(texts("en"))
    wanted = set(asked_for())

    assert len(wanted) > 20
    assert {each for each in wanted if not matching(each, keys)} == set()


def test_every_text_is_asked_for() -> None:
    keys = set(texts("en"))
    used: set[str] = set()
    for literal in literals():
        if "." in literal.strip("."):
            used |= matching(literal, keys)

    assert keys - used == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_and_descriptions_are_what_discord_takes(language: str) -> None:
    own = texts(language)
    names = {key: text for key, text in own.items() if key.endswith(".name")}

    assert len(names) >= 13
    for key, text in names.items():
        assert NAME.fullmatch(text), key
        assert text == text.lower(), key
    for key, text in own.items():
        if key.endswith(".describe"):
            assert 1 <= len(text) <= 100, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_options_have_different_names(language: str) -> None:
    own = texts(language)
    names = [text for key, text in own.items() if re.fullmatch(r"option\.\w+\.name", key)]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_fit_on_buttons_and_in_modals(language: str) -> None:
    for key, text in texts(language).items():
        feature = key.partition(".")[0]
        if feature == "buttons" and not text.endswith((".", "?")):
            assert len(text) <= 38, f"{key}: a phone cuts longer ones"
        if feature == "modal":
            assert len(text) <= (100 if key.endswith("describe") else 45), key


def test_english_option_names_are_those_of_the_contract() -> None:
    english = texts("en")
    names = [text for key, text in english.items() if re.fullmatch(r"option\.\w+\.name", key)]

    wanted = "prompt negative model size count steps guidance scheduler seed image strength spoiler private"
    assert set(wanted.split()) <= set(names)


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de", "de"), ("fr", "fr"), ("en-GB", "en"), ("en-US", "en"), ("ja", "en"), ("pt-BR", "en"), (None, "en")],
)
def test_a_locale_gets_its_language_or_english(locale: object, language: str) -> None:
    assert Catalogue.read().words(locale).language == language
    assert Catalogue.read().words(Locale.german).language == "de"


def test_what_a_language_lacks_is_said_in_english() -> None:
    catalogue = Catalogue({"en": {"a.b": "yes", "a.c": "no"}, "de": {"a.b": "ja"}})

    assert catalogue.words("de").say("a.b") == "ja"
    assert catalogue.words("de").say("a.c") == "no"


def test_values_mark_up_nothing_unless_they_are_our_own() -> None:
    words = Catalogue({"en": {"a.b": "{value}"}, "de": {"a.b": "{value}"}}).words("en")

    assert words.say("a.b", value="**<@1>**") == "\\*\\*\\<@\u200b1\\>\\*\\*"
    assert words.say("a.b", value=Marked("<t:1:R>")) == "<t:1:R>"
    assert words.label("a.b", value="a *b*\nc") == "a *b* c"
    assert words.say("a.b", value=0) == "0"
    assert words.say("a.b", value=7.5) == "7.5"


def test_german_writes_a_comma() -> None:
    assert Catalogue({"en": {}, "de": {"a.b": "{value}"}}).words("de").say("a.b", value=7.5) == "7,5"


async def test_the_translator_knows_marked_texts_by_their_keys() -> None:
    catalogue = Catalogue.read()
    translator = Translator(catalogue)
    context = app_commands.TranslationContext(app_commands.TranslationContextLocation.other, None)
    marked = catalogue.marked("option.strength.name")

    assert marked.message == "strength"
    assert await translator.translate(marked, Locale.german, context) == "stärke"
    assert await translator.translate(marked, Locale.french, context) == "force"
    assert await translator.translate(marked, Locale.american_english, context) is None
    assert await translator.translate(marked, Locale.japanese, context) is None
    assert await translator.translate(app_commands.locale_str("strength"), Locale.german, context) is None


def test_french_has_one_apostrophe() -> None:
    files = SOURCES.joinpath("words", "fr").glob("*.toml")
    lines = [(path.name, line) for path in files for line in path.read_text("utf-8").splitlines()]
    assert len(lines) > 300
    assert [each for each in lines if "'" in each[1]] == []
