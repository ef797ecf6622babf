"""First answers to interactions, and everything that their tokens are good for afterwards."""

from __future__ import annotations

import time
from typing import Any

from support.fake_discord import command_forms, interaction_payloads, interactions, modals, refusals
from support.fake_discord.bodies import Body
from support.fake_discord.faults import Answer
from support.fake_discord.interactions import ANSWERS, COMMAND, MODAL, Interaction
from support.fake_discord.messages import (
    COMPONENTS_V2,
    DEFAULT,
    EPHEMERAL,
    MENU_COMMAND,
    REPLY,
    SLASH_COMMAND,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    Message,
)
from support.fake_discord.posting import Manner
from support.fake_discord.refusals import Form
from support.fake_discord.server import Call, Route

FLAGS = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2


def routes() -> list[Route]:
    webhook = "/webhooks/{application}/{token}"
    message = f"{webhook}/messages/{{message}}"
    return [
        Route("POST", "/interactions/{interaction}/{token}/callback", _answer, open=True),
        Route("POST", webhook, _follow_up, open=True),
        Route("GET", message, _one, open=True),
        Route("PATCH", message, _edit, open=True),
        Route("DELETE", message, _delete, open=True),
    ]


def _manner(interaction: Interaction) -> Manner:
    return Manner(interaction.upload_limit(), flags=FLAGS)


def _more(call: Call, interaction: Interaction, flags: Any) -> dict[str, Any]:
    """What a message has from the interaction that it answers."""
    hidden = interaction.hidden or bool((flags or 0) & EPHEMERAL)
    kind = DEFAULT if interaction.kind == MODAL and interaction.source is None else REPLY
    if interaction.kind == COMMAND:
        kind = SLASH_COMMAND if interaction.data["type"] == command_forms.SLASH else MENU_COMMAND
    return {
        "kind": kind,
        "seen_only_by": interaction.user if hidden else None,
        "interaction": interaction_payloads.metadata(interaction),
        "application_id": call.fake.application_id,
        "answers": interaction.source,
    }


def _answer(call: Call) -> Answer:
    found = call.fake.interactions.to_answer(call.number("interaction"), call.parts["token"])
    kind, data = call.fields.get("type"), call.fields.get("data") or {}
    form = Form()
    allowed = ANSWERS[found.kind] + ((6, 7) if found.kind == MODAL and found.source else ())
    form.choice("type", kind, allowed)
    form.finish()
    message = _CARRY_OUT[kind](call, found, data)
    found.answer = kind
    found.acknowledged_after = time.monotonic() - found.began
    if not call.asks("with_response"):
        return Answer(204)
    return Answer(200, _response(call, found, message))


def _response(call: Call, found: Interaction, message: Message | None) -> dict[str, Any]:
    told: dict[str, Any] = {"interaction": {"id": str(found.id), "type": found.kind}}
    if message is not None:
        told["interaction"] |= {
            "response_message_id": str(message.id),
            "response_message_loading": message.loading,
            "response_message_ephemeral": message.ephemeral,
        }
    resource: dict[str, Any] = {"type": call.fields["type"]}
    if message is not None and call.fields["type"] in (4, 7):
        resource["message"] = message.payload(call.fake.clock.stamp)
    return told | {"resource": resource}


def _say(call: Call, found: Interaction, data: dict[str, Any]) -> Message:
    more = _more(call, found, data.get("flags"))
    body = Body(data, call.body.files)
    found.original = call.fake.posting.create(body, found.channel, call.fake.bot, _manner(found), **more)
    return found.original


def _think(call: Call, found: Interaction, data: dict[str, Any]) -> Message:
    flags = data.get("flags") or 0
    if flags & ~EPHEMERAL:
        form = Form()
        said = "Only the EPHEMERAL flag may be set on a deferred response"
        form.wrong("data.flags", "INTERACTION_DEFERRED_FLAGS_INVALID", said)
        form.finish()
    more = _more(call, found, flags)
    hidden = more["seen_only_by"] is not None
    found.original = call.fake.posting.think(found.channel, call.fake.bot, ephemeral=hidden, **more)
    return found.original


def _later(call: Call, found: Interaction, data: dict[str, Any]) -> Message | None:
    found.original = found.source
    return found.source


def _update(call: Call, found: Interaction, data: dict[str, Any]) -> Message:
    assert found.source is not None
    if found.source.deleted:
        raise refusals.unknown("message")
    call.fake.posting.edit(found.source, Body(data, call.body.files), _manner(found))
    found.original = found.source
    return found.source


def _suggest(call: Call, found: Interaction, data: dict[str, Any]) -> None:
    form = Form()
    choices = data.get("choices")
    if choices is None:
        form.required("data.choices")
    form.length("data.choices", choices, 0, 25)
    for index, each in enumerate(choices or []):
        command_forms.check_choice(form, f"data.choices.{index}", found.focused_kind, each)
    form.finish()
    found.choices = choices


def _open(call: Call, found: Interaction, data: dict[str, Any]) -> None:
    form = Form()
    modals.check(form, data)
    form.finish()
    found.modal = modals.settle(data)


_CARRY_OUT: dict[int, Any] = {4: _say, 5: _think, 6: _later, 7: _update, 8: _suggest, 9: _open}


def _continued(call: Call) -> Interaction:
    if call.number("application") != call.fake.application_id:
        raise refusals.unknown("webhook")
    return call.fake.interactions.by_token(call.parts["token"])


def _message(call: Call, found: Interaction) -> Message:
    name = call.parts["message"]
    if name == "@original":
        message = found.original
    else:
        own = [each for each in (found.original, *found.followups) if each is not None]
        message = next((each for each in own if each.id == call.number("message")), None)
    if message is None or message.deleted:
        raise refusals.unknown("message")
    return message


def _told(call: Call, message: Message) -> Answer:
    return Answer(200, message.payload(call.fake.clock.stamp))


def _follow_up(call: Call) -> Answer:
    found = _continued(call)
    original = found.original
    if original is not None and original.loading and not original.deleted:
        # As it has been since before deferred answers could be edited: this fills the waiting message.
        call.fake.followups_that_edited += 1
        return _told(call, call.fake.posting.edit(original, call.body, _manner(found)))
    if found.only_user_installed and len(found.followups) >= interactions.FOLLOWUPS_ABROAD:
        raise refusals.too_many_followups()
    more = {**_more(call, found, call.fields.get("flags")), "kind": REPLY, "answers": original}
    made = call.fake.posting.create(call.body, found.channel, call.fake.bot, _manner(found), **more)
    found.followups.append(made)
    return _told(call, made)


def _one(call: Call) -> Answer:
    return _told(call, _message(call, _continued(call)))


def _edit(call: Call) -> Answer:
    found = _continued(call)
    message = _message(call, found)
    return _told(call, call.fake.posting.edit(message, call.body, _manner(found)))


def _delete(call: Call) -> Answer:
    message = _message(call, _continued(call))
    call.fake.posting.delete(message)
    return Answer(204)
