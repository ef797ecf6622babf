"""What an application command must look like to be taken."""

from __future__ import annotations

import unicodedata
from typing import Any

from support.fake_discord.refusals import Form

SLASH, USER, MESSAGE = 1, 2, 3
SUB, GROUP, STRING, INTEGER, NUMBER = 1, 2, 3, 4, 10
MOST_CHARACTERS = 8000
LOCALES = (
    *("id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "pt-BR"),
    *("ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko"),
)


def check(form: Form, where: str, command: dict[str, Any]) -> None:
    """Refuse a command that breaks a rule."""
    kind = command.get("type", SLASH)
    if not form.choice(f"{where}.type", kind, (SLASH, USER, MESSAGE)):
        return
    _name(form, where, command, slash=kind == SLASH)
    if kind == SLASH:
        _description(form, where, command)
        _options(form, f"{where}.options", command.get("options") or [], depth=0)
        size = _size(command)
        if size > MOST_CHARACTERS:
            said = f"Command exceeds maximum size ({MOST_CHARACTERS})"
            form.wrong(where, "APPLICATION_COMMAND_TOO_LARGE", said)
    else:
        for name in ("description", "options"):
            if command.get(name):
                said = "Context menu commands cannot have a description or options"
                form.wrong(f"{where}.{name}", "APPLICATION_COMMAND_CONTEXT_MENU_INVALID_FIELD", said)
    for name, allowed in (("contexts", (0, 1, 2)), ("integration_types", (0, 1))):
        listed = command.get(name)
        if listed is not None and (not listed or set(listed) - set(allowed) or len(set(listed)) != len(listed)):
            form.wrong(f"{where}.{name}", "BASE_TYPE_CHOICES", f"Must be a set of {allowed}.")


def allowed_name(name: str) -> bool:
    """Letters, digits, dashes, underscores, apostrophes; small where a small form exists; Devanagari and Thai."""

    def fits(sign: str) -> bool:
        script = "\u0900" <= sign <= "\u097f" or "\u0e00" <= sign <= "\u0e7f"
        return sign in "-_'" or unicodedata.category(sign)[0] in "LN" or script

    return 1 <= len(name) <= 32 and all(map(fits, name)) and name == name.lower()


def _name(form: Form, where: str, each: dict[str, Any], *, slash: bool) -> None:
    name = each.get("name")
    if not isinstance(name, str) or not name:
        form.required(f"{where}.name")
        return
    form.length(f"{where}.name", name, 1, 32)
    if slash and not allowed_name(name):
        form.wrong(f"{where}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    for locale, told in _translations(form, where, each, "name"):
        place = f"{where}.name_localizations.{locale}"
        form.length(place, told, 1, 32)
        if slash and not allowed_name(told):
            form.wrong(place, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _description(form: Form, where: str, each: dict[str, Any]) -> None:
    if not each.get("description"):
        form.required(f"{where}.description")
    else:
        form.length(f"{where}.description", each["description"], 1, 100)
    for locale, told in _translations(form, where, each, "description"):
        form.length(f"{where}.description_localizations.{locale}", told, 1, 100)


def _translations(form: Form, where: str, each: dict[str, Any], name: str) -> list[tuple[str, str]]:
    told = each.get(f"{name}_localizations") or {}
    for locale in told:
        form.choice(f"{where}.{name}_localizations.{locale}", locale, LOCALES)
    return [(locale, text) for locale, text in told.items() if locale in LOCALES and text is not None]


def _options(form: Form, where: str, options: list[dict[str, Any]], depth: int) -> None:
    form.length(where, options, 0, 25)
    names = [each.get("name") for each in options]
    nested = [each for each in options if each.get("type") in (SUB, GROUP)]
    if nested and len(nested) != len(options):
        said = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        form.wrong(where, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", said)
    optional = False
    for index, each in enumerate(options):
        place = f"{where}.{index}"
        if names.count(each.get("name")) > 1:
            form.wrong(f"{place}.name", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
        if each.get("required") and optional:
            said = "Required options must be placed before non-required options"
            form.wrong(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", said)
        optional |= not each.get("required")
        _option(form, place, each, depth)
    _translated_names_differ(form, where, options)


def _translated_names_differ(form: Form, where: str, options: list[dict[str, Any]]) -> None:
    for locale in LOCALES:
        told = [(each.get("name_localizations") or {}).get(locale) or each.get("name") for each in options]
        for index, name in enumerate(told):
            if told.count(name) > 1:
                place = f"{where}.{index}.name_localizations.{locale}"
                said = "Localized option name already exists"
                form.wrong(place, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", said)


def _option(form: Form, where: str, each: dict[str, Any], depth: int) -> None:
    kind = each.get("type")
    if not form.choice(f"{where}.type", kind, tuple(range(1, 12))):
        return
    _name(form, where, each, slash=True)
    _description(form, where, each)
    if kind in (SUB, GROUP):
        if depth > (0 if kind == GROUP else 1):
            form.wrong(f"{where}.type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Nested too deep")
            return
        _options(form, f"{where}.options", each.get("options") or [], depth + 1 if kind == GROUP else 2)
        return
    choices = each.get("choices")
    if choices:
        _choices(form, where, each, choices)
    if each.get("autocomplete") and (choices or kind not in (STRING, INTEGER, NUMBER)):
        said = "Autocomplete is not possible for this option"
        form.wrong(f"{where}.autocomplete", "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID", said)
    for name in ("min_length", "max_length"):
        if each.get(name) is not None:
            form.number(f"{where}.{name}", each[name], 0 if name == "min_length" else 1, 6000)
            if kind != STRING:
                form.wrong(f"{where}.{name}", "APPLICATION_COMMAND_OPTION_FIELD_INVALID", "Only for strings")
    for name in ("min_value", "max_value"):
        if each.get(name) is not None and kind not in (INTEGER, NUMBER):
            form.wrong(f"{where}.{name}", "APPLICATION_COMMAND_OPTION_FIELD_INVALID", "Only for numbers")


def _choices(form: Form, where: str, each: dict[str, Any], choices: list[dict[str, Any]]) -> None:
    form.length(f"{where}.choices", choices, 0, 25)
    if each["type"] not in (STRING, INTEGER, NUMBER):
        form.wrong(f"{where}.choices", "APPLICATION_COMMAND_OPTION_FIELD_INVALID", "Only for strings and numbers")
    seen: set[Any] = set()
    for index, choice in enumerate(choices):
        check_choice(form, f"{where}.choices.{index}", each["type"], choice)
        for name in ("name", "value"):
            if (name, choice.get(name)) in seen:
                said = f"Option choice {name} already exists"
                form.wrong(f"{where}.choices.{index}", "APPLICATION_COMMAND_OPTIONS_CHOICE_EXISTS", said)
            seen.add((name, choice.get(name)))


def check_choice(form: Form, where: str, kind: int, choice: dict[str, Any]) -> None:
    """One of the values that are offered for an option, in a command or by autocompletion."""
    if not choice.get("name"):
        form.required(f"{where}.name")
    else:
        form.length(f"{where}.name", choice["name"], 1, 100)
    value = choice.get("value")
    wanted: tuple[type, ...] = {STRING: (str,), INTEGER: (int,), NUMBER: (int, float)}.get(kind, (str,))
    if value is None or isinstance(value, bool) or not isinstance(value, wanted):
        form.wrong(f"{where}.value", "BASE_TYPE_INVALID", f"{value!r} does not fit the type of the option")
    elif isinstance(value, str):
        form.length(f"{where}.value", value, 1, 100)


def _size(each: dict[str, Any]) -> int:
    """The characters that count: of every name and description the longest translation, and every value."""
    size = 0
    for name in ("name", "description"):
        told = [each.get(name) or "", *(each.get(f"{name}_localizations") or {}).values()]
        size += max(len(text or "") for text in told)
    if isinstance(each.get("value"), str):
        size += len(each["value"])
    return size + sum(_size(inner) for name in ("options", "choices") for inner in each.get(name) or [])
