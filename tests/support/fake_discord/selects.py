"""Menus to choose from, in messages and in modals."""

from __future__ import annotations

from typing import Any

from support.fake_discord.refusals import Form

STRING = 3
DEFAULT_KINDS = {5: ("user",), 6: ("role",), 7: ("user", "role"), 8: ("channel",)}


def check_select(form: Form, where: str, each: dict[str, Any], *, modal: bool) -> None:
    """Refuse a menu that breaks a rule."""
    check_custom_id(form, where, each)
    form.length(f"{where}.placeholder", each.get("placeholder"), 0, 150)
    most = check_counts(form, where, each, 25, modal=modal)
    if modal and each.get("disabled"):
        form.wrong(f"{where}.disabled", "COMPONENT_DISABLED_IN_MODAL", "Components in a modal cannot be disabled")
    if each["type"] == STRING:
        check_options(form, where, each.get("options"), 1, 25, most)
        return
    if each.get("options"):
        form.wrong(f"{where}.options", "SELECT_COMPONENT_INVALID_FIELD", "Only a string select has options")
    for index, chosen in enumerate(each.get("default_values") or []):
        form.choice(f"{where}.default_values.{index}.type", chosen.get("type"), DEFAULT_KINDS[each["type"]])


def check_custom_id(form: Form, where: str, each: dict[str, Any]) -> None:
    if not each.get("custom_id"):
        form.required(f"{where}.custom_id")
    else:
        form.length(f"{where}.custom_id", each["custom_id"], 1, 100)


def check_counts(form: Form, where: str, each: dict[str, Any], ceiling: int, *, modal: bool) -> int:
    """How few and how many may be chosen; the latter is returned."""
    least, most = each.get("min_values"), each.get("max_values")
    form.number(f"{where}.min_values", least, 0, ceiling)
    form.number(f"{where}.max_values", most, 1, ceiling)
    if modal and least == 0 and each.get("required", True):
        said = "Must be at least 1 when the component is required"
        form.wrong(f"{where}.min_values", "COMPONENT_REQUIRED_MIN_VALUES", said)
    highest = most if isinstance(most, int) else 1
    if isinstance(least, int) and isinstance(most, int) and least > highest:
        form.wrong(f"{where}.max_values", "SELECT_COMPONENT_MAX_LESS_THAN_MIN", "Must not be less than min_values")
    return highest


def check_options(form: Form, where: str, options: Any, least: int, most: int, chosen: int) -> None:
    """The entries of a list that is written out."""
    if not isinstance(options, list):
        form.required(f"{where}.options")
        return
    form.length(f"{where}.options", options, least, most)
    seen: set[Any] = set()
    for index, option in enumerate(options):
        place = f"{where}.options.{index}"
        for name in ("label", "value"):
            if option.get(name) in (None, ""):
                form.required(f"{place}.{name}")
            else:
                form.length(f"{place}.{name}", option[name], 1, 100)
        form.length(f"{place}.description", option.get("description"), 0, 100)
        if option.get("value") in seen:
            said = "The specified option value is already used"
            form.wrong(f"{place}.value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", said)
        seen.add(option.get("value"))
    if sum(bool(option.get("default")) for option in options) > chosen:
        said = "More options are selected by default than may be chosen"
        form.wrong(f"{where}.options", "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", said)
