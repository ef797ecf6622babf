"""One message or form as one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from support.discord_view import markup

STYLE = """
body{background:#313338;color:#dbdee1;font:15px/1.4 'gg sans','Noto Sans',Helvetica,Arial,sans-serif;padding:16px}
.message{max-width:600px}.author{color:#fff;font-weight:600}.bot{background:#5865f2;color:#fff;font-size:10px;
border-radius:3px;padding:1px 4px;margin-left:4px}.container{background:#2b2d31;border-left:4px solid;border-radius:8px;
padding:12px 14px;margin:6px 0}.heading{font-size:18px;font-weight:600;color:#fff}.small{font-size:12px;color:#949ba4}
code{background:#1e1f22;border-radius:3px;padding:0 3px;font-family:monospace}pre{background:#1e1f22;padding:8px;
border-radius:4px;white-space:pre-wrap;margin:4px 0}a{color:#00a8fc;text-decoration:none}.gallery{display:grid;
grid-template-columns:1fr 1fr;gap:4px;margin:8px 0}.gallery.one{grid-template-columns:1fr}.gallery img{width:100%;
border-radius:6px}.spoiler img{filter:blur(24px)}.row{display:flex;gap:8px;margin:8px 0;flex-wrap:wrap}
button{border:0;border-radius:4px;padding:7px 12px;color:#fff;background:#4e5058;font:inherit;font-size:14px}
.style1{background:#5865f2}.style3{background:#248046}.style4{background:#da373c}.field{margin:10px 0}
.input{background:#1e1f22;border-radius:4px;padding:8px;white-space:pre-wrap;min-height:20px}
""".replace("\n", "")


def message(components: list[dict[str, Any]], pictures: Mapping[str, str], now_s: int) -> str:
    """``pictures`` are addresses (such as data URIs) by the names of files."""
    inner = "".join(_part(each, pictures, now_s) for each in components)
    head = '<div class="author">mezzotint<span class="bot">APP</span></div>'
    return _page(f'<div class="message">{head}{inner}</div>')


def form(modal: Mapping[str, Any]) -> str:
    """A modal."""
    fields = "".join(_field(each) for each in modal["components"])
    title = f'<div class="heading">{escape(modal["title"])}</div>'
    return _page(f'<div class="message container" style="border:0">{title}{fields}</div>')


def _page(body: str) -> str:
    return f'<!doctype html><meta charset="utf-8"><title>mezzotint</title><style>{STYLE}</style>{body}\n'


def _part(each: Mapping[str, Any], pictures: Mapping[str, str], now_s: int) -> str:
    kind = each["type"]
    if kind == 17:
        inner = "".join(_part(child, pictures, now_s) for child in each["components"])
        return f'<div class="container" style="border-color:#{each.get("accent_color") or 0:06x}">{inner}</div>'
    if kind == 10:
        return "".join(_text(each["content"], now_s))
    if kind == 12:
        items = "".join(_picture(item, pictures) for item in each["items"])
        return f'<div class="gallery{" one" if len(each["items"]) == 1 else ""}">{items}</div>'
    if kind == 1:
        return f'<div class="row">{"".join(_control(child) for child in each["components"])}</div>'
    if kind == 13:
        return f'<div class="input">{escape(each["file"]["url"].rpartition("/")[2])}</div>'
    raise ValueError(f"nothing is known of parts of type {kind}")


def _picture(item: Mapping[str, Any], pictures: Mapping[str, str]) -> str:
    name = item["media"]["url"].rpartition("/")[2]
    alt = escape(item.get("description") or "", quote=True)
    hidden = ' class="spoiler"' if item.get("spoiler") else ""
    return f'<div{hidden}><img src="{pictures[name]}" alt="{alt}"></div>'


def _control(each: Mapping[str, Any]) -> str:
    if each["type"] == 3:
        return f'<div class="input">{escape(each.get("placeholder") or "")} ▾</div>'
    sign = (each.get("emoji") or {}).get("name") or ""
    return f'<button class="style{each["style"]}">{escape(sign)} {escape(each.get("label") or "")}</button>'


def _text(content: str, now_s: int) -> Iterator[str]:
    block: list[str] = []
    for line in markup.lines(content, now_s):
        told = "".join(_run(run, line.kind == "block") for run in line.runs)
        if line.kind == "block":
            block.append(told)
            continue
        if block:
            yield f"<pre>{chr(10).join(block)}</pre>"
            block = []
        yield f'<div class="{line.kind}">{told}</div>'
    if block:
        yield f"<pre>{chr(10).join(block)}</pre>"


def _run(run: markup.Run, bare: bool) -> str:
    text = escape(run.text)
    if bare:
        return text
    return {"bold": f"<b>{text}</b>", "code": f"<code>{text}</code>", "link": f"<a>{text}</a>"}.get(run.look, text)


def _field(each: Mapping[str, Any]) -> str:
    control = each["component"]
    small = f'<div class="small">{escape(each["description"])}</div>' if each.get("description") else ""
    label, filled = escape(each["label"]), escape(value(control))
    return f'<div class="field"><b>{label}</b>{small}<div class="input">{filled}</div></div>'


def value(control: Mapping[str, Any]) -> str:
    """What a control of a form is filled in with."""
    if control["type"] == 3:
        chosen = next((each["label"] for each in control["options"] if each.get("default")), "")
        return f"{chosen} ▾"
    return str(control.get("value") or "")
