"""The parts of a modal: what the API takes, and what a user may submit."""

from __future__ import annotations

from typing import Any

from support.fake_discord.layout import check_unique
from support.fake_discord.messages import walk
from support.fake_discord.refusals import Form
from support.fake_discord.selects import check_counts, check_custom_id, check_options, check_select

ROW, INPUT, TEXT, LABEL, UPLOAD, RADIO, CHECKBOXES, CHECKBOX = 1, 4, 10, 18, 19, 21, 22, 23
SELECTS = (3, 5, 6, 7, 8)
IN_LABEL = (*SELECTS, INPUT, UPLOAD, RADIO, CHECKBOXES, CHECKBOX)


def check(form: Form, data: dict[str, Any]) -> None:
    """Refuse what is not a modal."""
    for name, most in (("custom_id", 100), ("title", 45)):
        if not data.get(name):
            form.required(f"data.{name}")
        else:
            form.length(f"data.{name}", data[name], 1, most)
    components = data.get("components")
    if not isinstance(components, list):
        form.required("data.components")
        return
    form.length("data.components", components, 1, 5)
    for index, each in enumerate(components):
        _top(form, f"data.components.{index}", each)
    check_unique(form, components, "data.components")


def settle(data: dict[str, Any]) -> dict[str, Any]:
    """The modal with a number on every part."""
    numbers = iter(range(1, 1000))
    return {**data, "components": [_numbered(each, numbers) for each in data["components"]]}


def inputs(modal: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The parts that a user fills in, by their custom ids."""
    return {each["custom_id"]: each for each in walk(modal["components"]) if "custom_id" in each}


def preset(part: dict[str, Any]) -> Any:
    """What a part holds when the user leaves it alone."""
    chosen = [each["value"] for each in part.get("options", []) if each.get("default")]
    kind = part["type"]
    if kind == INPUT:
        return part.get("value") or ""
    if kind == CHECKBOX:
        return bool(part.get("default"))
    if kind == RADIO:
        return chosen[0] if chosen else None
    if kind in SELECTS and "default_values" in part:
        return [str(each["id"]) for each in part["default_values"]]
    return chosen


def complain(part: dict[str, Any], value: Any) -> str | None:
    """What the user's own program would say against a value; nothing when it may be submitted."""
    kind, required = part["type"], part.get("required", True)
    if kind == CHECKBOX:
        return None
    if kind == RADIO:
        known = {each["value"] for each in part["options"]}
        return None if value in known or (value is None and not required) else f"{value!r} is not offered"
    if kind == INPUT:
        if not value:
            return "required" if required else None
        least, most = part.get("min_length") or 0, part.get("max_length") or 4000
        return None if least <= len(value) <= most else f"{len(value)} characters, not {least} to {most}"
    if kind in (3, CHECKBOXES) and set(value) - {each["value"] for each in part["options"]}:
        return f"{value!r} is not offered"
    least = part.get("min_values", 1) if required or value else 0
    most = part.get("max_values", len(part["options"]) if kind == CHECKBOXES else 1)
    return None if least <= len(value) <= most else f"{len(value)} chosen, not {least} to {most}"


def _top(form: Form, where: str, each: dict[str, Any]) -> None:
    kind = each.get("type")
    if kind not in (ROW, TEXT, LABEL):
        form.wrong(where, "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({ROW}, {TEXT}, {LABEL}).')
    elif kind == TEXT:
        form.length(f"{where}.content", each.get("content"), 1, 4000)
    elif kind == ROW:
        form.length(f"{where}.components", each.get("components"), 1, 1)
        for index, inner in enumerate(each.get("components") or []):
            _part(form, f"{where}.components.{index}", inner, (INPUT,))
            form.length(f"{where}.components.{index}.label", inner.get("label"), 1, 45)
    else:
        if not each.get("label"):
            form.required(f"{where}.label")
        form.length(f"{where}.label", each.get("label"), 0, 45)
        form.length(f"{where}.description", each.get("description"), 0, 100)
        if "component" not in each:
            form.required(f"{where}.component")
        else:
            _part(form, f"{where}.component", each["component"], IN_LABEL)


def _part(form: Form, where: str, each: dict[str, Any], allowed: tuple[int, ...]) -> None:
    kind = each.get("type")
    if kind not in allowed:
        form.wrong(where, "UNION_TYPE_CHOICES", f'Value of field "type" must be one of {allowed}.')
    elif kind in SELECTS:
        check_select(form, where, each, modal=True)
    else:
        check_custom_id(form, where, each)
        if kind == INPUT:
            _input(form, where, each)
        elif kind == RADIO:
            check_options(form, where, each.get("options"), 2, 10, 1)
        elif kind == CHECKBOXES:
            check_counts(form, where, each, 10, modal=True)
            check_options(form, where, each.get("options"), 1, 10, each.get("max_values") or 10)
        elif kind == UPLOAD:
            check_counts(form, where, each, 10, modal=True)


def _input(form: Form, where: str, each: dict[str, Any]) -> None:
    form.choice(f"{where}.style", each.get("style"), (1, 2))
    form.number(f"{where}.min_length", each.get("min_length"), 0, 4000)
    form.number(f"{where}.max_length", each.get("max_length"), 1, 4000)
    form.length(f"{where}.placeholder", each.get("placeholder"), 0, 100)
    form.length(f"{where}.value", each.get("value"), 0, each.get("max_length") or 4000)


def _numbered(each: dict[str, Any], numbers: Any) -> dict[str, Any]:
    told = {**each, "id": each.get("id") or next(numbers)}
    if "components" in each:
        told["components"] = [_numbered(inner, numbers) for inner in each["components"]]
    if "component" in each:
        told["component"] = _numbered(each["component"], numbers)
    return told
