"""Layouts of messages within the rules of the service, and others."""

from __future__ import annotations

from typing import Any

V2 = 1 << 15


def text(content: Any = "hi") -> dict[str, Any]:
    return {"type": 10, "content": content}


def button(custom_id: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": custom_id, **more}


def row(*inner: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(inner)}


def gallery(*urls: str, **more: Any) -> dict[str, Any]:
    return {"type": 12, "items": [{"media": {"url": url}, **more} for url in urls]}


def select(options: int = 2, **more: Any) -> dict[str, Any]:
    written = [{"label": str(each), "value": str(each)} for each in range(options)]
    return {"type": 3, "custom_id": "s", "options": written, **more}


def box(*inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": 17, "components": list(inner), **more}


LINK = "https://example.org/a.png"
GOOD: dict[str, list[dict[str, Any]]] = {
    "a text": [text()],
    "4,000 characters": [text("x" * 2000), text("y" * 2000)],
    "a box of everything": [
        box(
            text(),
            {"type": 14, "spacing": 2, "divider": False},
            {"type": 9, "components": [text()], "accessory": {"type": 11, "media": {"url": LINK}}},
            gallery(LINK, description="alt", spoiler=True),
            row(button("a"), button("b", style=4, label=None, emoji={"name": "x"})),
            row({"type": 2, "style": 5, "label": "Web", "url": LINK}),
            row(select()),
            accent_color=0xFFFFFF,
        )
    ],
    "ten pictures": [gallery(*[LINK] * 10)],
    "a button beside a text": [{"type": 9, "components": [text()], "accessory": button()}],
    "40 parts": [box(*[text(str(n)) for n in range(39)])],
    "an id of 100": [row(button("x" * 100))],
    "menus for people": [row({"type": kind, "custom_id": str(kind)}) for kind in (5, 6, 7, 8)],
}
BAD: dict[str, tuple[list[dict[str, Any]], str, str]] = {
    "41 parts": ([box(*[text("x")] * 40)], "components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"),
    "4,001 characters": (
        [text("x" * 2000), text("y" * 2001)],
        "components",
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
    ),
    "an empty text": ([text("")], "components.0.content", "BASE_TYPE_BAD_LENGTH"),
    "no text": ([{"type": 10}], "components.0.content", "BASE_TYPE_REQUIRED"),
    "an unknown part": ([{"type": 99}], "components.0", "UNION_TYPE_CHOICES"),
    "a button alone": ([button()], "components.0", "UNION_TYPE_CHOICES"),
    "a box in a box": ([box(box(text()))], "components.0.components.0", "UNION_TYPE_CHOICES"),
    "an empty box": ([box()], "components.0.components", "BASE_TYPE_BAD_LENGTH"),
    "a colour too many": ([box(text(), accent_color=0x1000000)], "components.0.accent_color", "NUMBER_TYPE_MAX"),
    "six buttons": ([row(*[button(str(n)) for n in range(6)])], "components.0.components", "BASE_TYPE_BAD_LENGTH"),
    "an empty row": ([row()], "components.0.components", "BASE_TYPE_BAD_LENGTH"),
    "a menu beside a button": (
        [row(select(), button())],
        "components.0.components.1",
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ),
    "the same id twice": (
        [row(button()), row(button())],
        "components.1.components.0.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    "an id of 101": ([row(button("x" * 101))], "components.0.components.0.custom_id", "BASE_TYPE_BAD_LENGTH"),
    "no id": ([row(button(""))], "components.0.components.0.custom_id", "BASE_TYPE_REQUIRED"),
    "a label of 81": ([row(button(label="x" * 81))], "components.0.components.0.label", "BASE_TYPE_MAX_LENGTH"),
    "nothing on a button": (
        [row(button(label=None))],
        "components.0.components.0",
        "BUTTON_COMPONENT_MISSING_LABEL_OR_EMOJI",
    ),
    "a link with an id": (
        [row(button(style=5, url=LINK))],
        "components.0.components.0.custom_id",
        "BUTTON_COMPONENT_INVALID_FIELD",
    ),
    "a style of 9": ([row(button(style=9))], "components.0.components.0.style", "BASE_TYPE_CHOICES"),
    "no pictures": ([gallery()], "components.0.items", "BASE_TYPE_BAD_LENGTH"),
    "eleven pictures": ([gallery(*[LINK] * 11)], "components.0.items", "BASE_TYPE_BAD_LENGTH"),
    "an alt text of 1,025": (
        [gallery(LINK, description="x" * 1025)],
        "components.0.items.0.description",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "an empty alt text": ([gallery(LINK, description="")], "components.0.items.0.description", "BASE_TYPE_BAD_LENGTH"),
    "a file that is not there": (
        [gallery("attachment://b.png")],
        "components.0.items.0.media.url",
        "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
    ),
    "a scheme of another kind": (
        [gallery("file:///etc/passwd")],
        "components.0.items.0.media.url",
        "URL_TYPE_INVALID_SCHEME",
    ),
    "a file from the web": (
        [{"type": 13, "file": {"url": LINK}}],
        "components.0.file.url",
        "URL_TYPE_INVALID_SCHEME",
    ),
    "a section without its side": (
        [{"type": 9, "components": [text()]}],
        "components.0.accessory",
        "BASE_TYPE_REQUIRED",
    ),
    "four texts in a section": (
        [{"type": 9, "components": [text()] * 4, "accessory": button()}],
        "components.0.components",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "a thumbnail alone": ([{"type": 11, "media": {"url": LINK}}], "components.0", "UNION_TYPE_CHOICES"),
    "26 options": ([row(select(26))], "components.0.components.0.options", "BASE_TYPE_BAD_LENGTH"),
    "an input": (
        [row({"type": 4, "custom_id": "t", "style": 1})],
        "components.0.components.0",
        "UNION_TYPE_CHOICES",
    ),
    "a wide separator": ([{"type": 14, "spacing": 3}], "components.0.spacing", "BASE_TYPE_CHOICES"),
}
