"""The components of a message: what the API takes, and what it makes of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from support.fake_discord.messages import walk
from support.fake_discord.refusals import Form
from support.fake_discord.selects import check_select
from support.fake_discord.uploads import Attachment

ROW, BUTTON, SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 1, 2, 9, 10, 11, 12, 13, 14, 17
SELECTS = (3, 5, 6, 7, 8)
TOP = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER)
IN_CONTAINER = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR)
MOST_COMPONENTS, MOST_TEXT = 40, 4000


def check(form: Form, components: Any, *, v2: bool, files: set[str]) -> None:
    """Refuse what is not a layout. ``files`` are the names that ``attachment://`` may refer to."""
    if components is None:
        return
    if not isinstance(components, list):
        form.wrong("components", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return
    if not v2 and len(components) > 5:
        form.wrong("components", "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.")
    checker = _Checker(form, files)
    for index, each in enumerate(components):
        checker.component(f"components.{index}", each, TOP if v2 else (ROW,))
    checker.whole(components)


def settle(components: list[dict[str, Any]], attachments: tuple[Attachment, ...]) -> list[dict[str, Any]]:
    """The layout as it is told from then on: every part has an id, every file its address."""
    taken = {each["id"] for each in walk(components) if each.get("id")}
    numbers = (number for number in range(1, 10_000) if number not in taken)
    by_name = {each.name: each for each in attachments}
    return [_settled(each, numbers, by_name) for each in components]


def _settled(component: dict[str, Any], numbers: Any, files: dict[str, Attachment]) -> dict[str, Any]:
    told = dict(component)
    told["id"] = component.get("id") or next(numbers)
    if "components" in component:
        told["components"] = [_settled(each, numbers, files) for each in component["components"]]
    if "accessory" in component:
        told["accessory"] = _settled(component["accessory"], numbers, files)
    for name in ("media", "file"):
        if name in component:
            told[name] = _media(component[name], files)
    if "items" in component:
        told["items"] = [{**item, "media": _media(item["media"], files)} for item in component["items"]]
    if component["type"] == FILE:
        shown = files[component["file"]["url"].removeprefix("attachment://")]
        told |= {"name": shown.name, "size": len(shown.content)}
    return told


def _media(media: dict[str, Any], files: dict[str, Attachment]) -> dict[str, Any]:
    url = media["url"]
    if url.startswith("attachment://"):
        return files[url.removeprefix("attachment://")].media()
    own = next((each for each in files.values() if each.url == url), None)
    return own.media() if own else {"url": url, "proxy_url": url, "loading_state": 2, "placeholder": ""}


class _Checker:
    """Goes through one layout."""

    def __init__(self, form: Form, files: set[str]) -> None:
        self._form = form
        self._files = files

    def component(self, where: str, each: Any, allowed: tuple[int, ...]) -> None:
        kind = each.get("type") if isinstance(each, dict) else None
        if kind not in allowed:
            listed = f"({allowed[0]},)" if len(allowed) == 1 else f"({', '.join(map(str, allowed))})"
            self._form.wrong(where, "UNION_TYPE_CHOICES", f'Value of field "type" must be one of {listed}.')
            return
        self._form.number(f"{where}.id", each.get("id"), 0, 2**31 - 1)
        checks = {
            ROW: self._row,
            BUTTON: self._button,
            SECTION: self._section,
            TEXT: self._text,
            THUMBNAIL: self._thumbnail,
            GALLERY: self._gallery,
            FILE: self._file,
            SEPARATOR: self._separator,
            CONTAINER: self._container,
        }
        if kind in SELECTS:
            check_select(self._form, where, each, modal=False)
        else:
            checks[kind](where, each)

    def whole(self, components: list[dict[str, Any]]) -> None:
        """What holds for all parts together."""
        every = list(walk(components))
        if len(every) > MOST_COMPONENTS:
            said = f"The specified components exceed the maximum total of {MOST_COMPONENTS}"
            self._form.wrong("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", said)
        text = sum(len(each["content"]) for each in every if isinstance(each.get("content"), str))
        if text > MOST_TEXT:
            said = f"The total displayable text size exceeds the maximum of {MOST_TEXT}"
            self._form.wrong("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", said)
        check_unique(self._form, components)

    def _children(self, where: str, each: dict[str, Any], least: int, most: int, allowed: tuple[int, ...]) -> None:
        inner = each.get("components")
        if not isinstance(inner, list):
            self._form.required(f"{where}.components")
            return
        self._form.length(f"{where}.components", inner, least, most)
        for index, child in enumerate(inner):
            self.component(f"{where}.components.{index}", child, allowed)

    def _row(self, where: str, each: dict[str, Any]) -> None:
        self._children(where, each, 1, 5, (BUTTON, *SELECTS))
        inner = [child.get("type") for child in each.get("components") or [] if isinstance(child, dict)]
        if len(inner) > 1 and set(inner) & set(SELECTS):
            said = "The specified component exceeds the maximum width"
            self._form.wrong(f"{where}.components.1", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", said)

    def _button(self, where: str, each: dict[str, Any]) -> None:
        style = each.get("style")
        if not self._form.choice(f"{where}.style", style, (1, 2, 3, 4, 5, 6)):
            return
        self._form.length(f"{where}.label", each.get("label"), 0, 80)
        wanted = {5: "url", 6: "sku_id"}.get(style or 0, "custom_id")
        for name in ("custom_id", "url", "sku_id"):
            if name == wanted and not each.get(name):
                self._form.required(f"{where}.{name}")
            elif name != wanted and each.get(name):
                said = f"A button of this style cannot have the field {name}"
                self._form.wrong(f"{where}.{name}", "BUTTON_COMPONENT_INVALID_FIELD", said)
        if style != 6 and not each.get("label") and not each.get("emoji"):
            said = "A button must have a label or an emoji"
            self._form.wrong(where, "BUTTON_COMPONENT_MISSING_LABEL_OR_EMOJI", said)
        if each.get("custom_id"):
            self._form.length(f"{where}.custom_id", each["custom_id"], 1, 100)
        if each.get("url"):
            self._form.length(f"{where}.url", each["url"], 1, 512)
            self._scheme(f"{where}.url", each["url"], ("http", "https", "discord"))

    def _section(self, where: str, each: dict[str, Any]) -> None:
        self._children(where, each, 1, 3, (TEXT,))
        if "accessory" not in each:
            self._form.required(f"{where}.accessory")
        else:
            self.component(f"{where}.accessory", each["accessory"], (BUTTON, THUMBNAIL))

    def _text(self, where: str, each: dict[str, Any]) -> None:
        content = each.get("content")
        if content is None:
            self._form.required(f"{where}.content")
        else:
            self._form.length(f"{where}.content", content, 1, MOST_TEXT)

    def _thumbnail(self, where: str, each: dict[str, Any]) -> None:
        self._media(f"{where}.media", each.get("media"))
        self._form.length(f"{where}.description", each.get("description"), 1, 1024)

    def _gallery(self, where: str, each: dict[str, Any]) -> None:
        items = each.get("items")
        if not isinstance(items, list):
            self._form.required(f"{where}.items")
            return
        self._form.length(f"{where}.items", items, 1, 10)
        for index, item in enumerate(items):
            self._media(f"{where}.items.{index}.media", item.get("media"))
            self._form.length(f"{where}.items.{index}.description", item.get("description"), 1, 1024)

    def _file(self, where: str, each: dict[str, Any]) -> None:
        self._media(f"{where}.file", each.get("file"), ("attachment",))

    def _separator(self, where: str, each: dict[str, Any]) -> None:
        if each.get("spacing") is not None:
            self._form.choice(f"{where}.spacing", each["spacing"], (1, 2))

    def _container(self, where: str, each: dict[str, Any]) -> None:
        self._children(where, each, 1, MOST_COMPONENTS, IN_CONTAINER)
        self._form.number(f"{where}.accent_color", each.get("accent_color"), 0, 0xFFFFFF)

    def _media(self, where: str, media: Any, schemes: tuple[str, ...] = ("http", "https", "attachment")) -> None:
        url = media.get("url") if isinstance(media, dict) else None
        if not url:
            self._form.required(f"{where}.url")
            return
        if self._scheme(f"{where}.url", url, schemes) and url.startswith("attachment://"):
            name = url.removeprefix("attachment://")
            if name not in self._files:
                said = f"The referenced attachment '{name}' was not found"
                self._form.wrong(f"{where}.url", "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", said)

    def _scheme(self, where: str, url: str, schemes: tuple[str, ...]) -> bool:
        scheme = urlsplit(url).scheme
        if scheme in schemes:
            return True
        said = f'Scheme "{scheme}" is not supported. Scheme must be one of {schemes}.'
        self._form.wrong(where, "URL_TYPE_INVALID_SCHEME", said)
        return False


def check_unique(form: Form, components: list[Any], where: str = "components") -> None:
    """No two parts may have the same custom id, or the same number."""
    seen: dict[str, set[Any]] = {"custom_id": set(), "id": set()}
    stack = [(f"{where}.{index}", each) for index, each in enumerate(components)]
    while stack:
        place, each = stack.pop(0)
        if not isinstance(each, dict):
            continue
        for name, known in seen.items():
            value = each.get(name)
            if value and value in known:
                code = f"COMPONENT_{name.upper()}_DUPLICATED"
                form.wrong(f"{place}.{name}", code, f"Component {name.replace('_', ' ')} cannot be duplicated")
            known.add(value)
        stack += [(f"{place}.components.{index}", child) for index, child in enumerate(each.get("components") or [])]
        stack += [(f"{place}.{name}", each[name]) for name in ("accessory", "component") if name in each]
