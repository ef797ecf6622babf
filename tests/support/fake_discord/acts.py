"""What users do. Each act checks first what the user's own program would not let happen."""

from __future__ import annotations

from typing import Any

from support.fake_discord import interaction_payloads, modals, permissions
from support.fake_discord.bodies import Body
from support.fake_discord.command_forms import GROUP, MESSAGE, SLASH, SUB, USER
from support.fake_discord.command_values import Values
from support.fake_discord.core import Core
from support.fake_discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL,
    Interaction,
    owners_of,
)
from support.fake_discord.messages import DEFAULT, REPLY, Message
from support.fake_discord.people import User
from support.fake_discord.places import Channel
from support.fake_discord.posting import Manner
from support.fake_discord.uploads import Attachment, Upload, safe_name


class NotOffered(AssertionError):
    """A user could not do this: what they would have to click is not there for them."""


class Acts(Core):
    """Part of the fake, so that a test reads as what happens."""

    async def slash(self, user: User, channel: Channel, name: str, /, **options: Any) -> Interaction:
        """
        A user sends a command, such as ``"imagine"`` or ``"schedule add"``.

        Files are given as :class:`Upload`; users, roles and channels as themselves. It does not wait for the answer.
        """
        command, chain = _command(self, user, channel, name)
        values = Values(chain[-1], lambda upload: _upload(self, channel, upload))
        data = _command_data(command, chain, values.checked(options))
        if values.resolved:
            data["resolved"] = values.resolved
        return _begin(self, COMMAND, user, channel, data, command=command)

    async def autocomplete(
        self, user: User, channel: Channel, name: str, option: str, typed: str = "", /, **others: Any
    ) -> list[dict[str, Any]]:
        """What is suggested while a user types into one option; each has ``name`` and ``value``."""
        command, chain = _command(self, user, channel, name)
        wanted = next((each for each in chain[-1].get("options", []) if each["name"] == option), None)
        if wanted is None or not wanted.get("autocomplete"):
            raise NotOffered(f"/{name} suggests nothing for {option}")
        values = Values(chain[-1], lambda upload: _upload(self, channel, upload))
        filled = [*values.partial(others), {"name": option, "type": wanted["type"], "value": typed, "focused": True}]
        data = _command_data(command, chain, filled)
        asked = _begin(self, AUTOCOMPLETE, user, channel, data, command=command, focused_kind=wanted["type"])
        await asked.answered()
        assert asked.choices is not None
        return asked.choices

    async def context_menu(self, user: User, channel: Channel, name: str, target: Message | User) -> Interaction:
        """A user picks an entry of the menu of a message or of another user."""
        kind = MESSAGE if isinstance(target, Message) else USER
        command = _offered(self, user, channel, name, kind)
        if isinstance(target, Message):
            resolved: dict[str, Any] = {"messages": {str(target.id): target.payload(self.clock.stamp)}}
        else:
            resolved = {"users": {str(target.id): target.payload()}}
            if channel.guild is not None and target.id in channel.guild.members:
                member = channel.guild.members[target.id].payload(with_user=False, permissions=permissions.USUAL)
                resolved["members"] = {str(target.id): member}
        data = {**_command_data(command, [command], []), "target_id": str(target.id), "resolved": resolved}
        data.pop("options", None)
        return _begin(self, COMMAND, user, channel, data, command=command)

    async def press(self, user: User, message: Message, custom_id: str, *, forged: bool = False) -> Interaction:
        """
        A user presses a button.

        ``forged``: their program sends an id that the message need not have, which the service would not let through.
        """
        button = message.find(custom_id)
        if not forged:
            _touchable(user, message, button, custom_id)
        number = button["id"] if button else 1
        data = {"custom_id": custom_id, "component_type": 2, "id": number}
        return _begin(self, COMPONENT, user, message.channel, data, source=message)

    async def choose(self, user: User, message: Message, custom_id: str, *values: Any) -> Interaction:
        """A user picks from a menu: values, or users, roles and channels themselves."""
        menu = message.find(custom_id)
        _touchable(user, message, menu, custom_id)
        assert menu is not None
        if menu["type"] == 3:
            offered = {each["value"] for each in menu["options"]}
            if set(values) - offered:
                raise NotOffered(f"{values} of {offered}")
        if not menu.get("min_values", 1) <= len(values) <= menu.get("max_values", 1):
            raise NotOffered(f"{len(values)} of {menu.get('min_values', 1)} to {menu.get('max_values', 1)}")
        picked = [value if isinstance(value, str) else str(value.id) for value in values]
        resolved: dict[str, Any] = {}
        for value in values:
            if not isinstance(value, str):
                kind = {User: "users", Channel: "channels"}.get(type(value), "roles")
                resolved.setdefault(kind, {})[str(value.id)] = value.payload()
        data = {"custom_id": custom_id, "component_type": menu["type"], "id": menu["id"], "values": picked}
        if resolved:
            data["resolved"] = resolved
        return _begin(self, COMPONENT, user, message.channel, data, source=message)

    async def submit(self, asked: Interaction, /, **values: Any) -> Interaction:
        """The user who got a modal fills it in; parts that are not named keep what they were opened with."""
        modal = asked.modal
        assert modal is not None, "there is no modal"
        parts = modals.inputs(modal)
        unknown = set(values) - set(parts)
        if unknown:
            raise NotOffered(f"the modal has no {sorted(unknown)}: {sorted(parts)}")
        filled = {name: values.get(name, modals.preset(part)) for name, part in parts.items()}
        attachments: dict[str, Any] = {}
        for name, part in parts.items():
            complaint = modals.complain(part, filled[name])
            if complaint:
                raise NotOffered(f"{name}: {complaint}")
            if part["type"] == modals.UPLOAD:
                kept = [_upload(self, asked.channel, each) for each in filled[name]]
                attachments |= {str(each.id): each.payload() for each in kept}
                filled[name] = [str(each.id) for each in kept]
        told = [_submitted(each, filled) for each in modal["components"]]
        data: dict[str, Any] = {"custom_id": modal["custom_id"], "components": told}
        if attachments:
            data["resolved"] = {"attachments": attachments}
        return _begin(self, MODAL, asked.user, asked.channel, data, source=asked.source)

    async def say(
        self,
        user: User,
        channel: Channel,
        text: str,
        *files: Upload,
        replying_to: Message | None = None,
        ping: bool = True,
    ) -> Message:
        """A user writes a message; a reply notifies the one who is answered unless told not to."""
        name = "send_messages_in_threads" if channel.is_thread else "send_messages"
        if not channel.may(user, "view_channel", name):
            raise NotOffered(f"{user.name} may not write in {channel.name}")
        allowed = {"parse": ["users", "roles", "everyone"], "replied_user": ping}
        body = Body({"content": text, "allowed_mentions": allowed}, dict(enumerate(files)))
        kind = REPLY if replying_to else DEFAULT
        manner = Manner(max(user.upload_limit, channel.guild.upload_limit if channel.guild else 0))
        return self.posting.create(body, channel, user, manner, kind=kind, answers=replying_to)

    def open_thread(self, user: User, message: Message, name: str = "thread") -> Channel:
        """A user opens a thread under a message."""
        if not message.channel.may(user, "create_public_threads"):
            raise NotOffered(f"{user.name} may not open threads")
        made = self.world.thread(message.channel, name, user, message)
        self.tell_thread("THREAD_CREATE", made)
        return made

    def remove(self, message: Message) -> None:
        """A moderator deletes a message; of an ephemeral one, its only reader dismisses it."""
        self.posting.delete(message)


def _offered(fake: Core, user: User, channel: Channel, name: str, kind: int) -> dict[str, Any]:
    """The command as it is at hand for this user in this place."""
    guild = channel.guild
    owners = owners_of(user, channel, guild, fake.bot)
    command = fake.commands.find(name, kind, guild if "0" in owners else None)
    if command is None or not owners:
        raise NotOffered(f"there is no {name!r} here; there is {[each['name'] for each in fake.commands.listed()]}")
    usable = {str(each) for each in command["integration_types"]} & set(owners)
    if "guild_id" not in command and not usable:
        raise NotOffered(f"{name!r} is not for this kind of installation")
    context = 0 if guild is not None else 1 if fake.bot in channel.recipients else 2
    if command["contexts"] is not None and "guild_id" not in command and context not in command["contexts"]:
        raise NotOffered(f"{name!r} is not offered in a place of kind {context}")
    if command["nsfw"] and not (channel.age_restricted if guild else user.age_restricted_commands):
        raise NotOffered(f"{name!r} is for age-restricted places")
    if guild is not None:
        if not channel.may(user, "view_channel", "use_application_commands"):
            raise NotOffered(f"{user.name} may not use commands in {channel.name}")
        wanted = command["default_member_permissions"]
        held = guild.allow(user, channel)
        unfit = wanted is not None and (int(wanted) == 0 or held & int(wanted) != int(wanted))
        if unfit and not held & permissions.BITS["administrator"]:
            raise NotOffered(f"{name!r} is not for {user.name}")
    return command


def _command(fake: Core, user: User, channel: Channel, name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The command, and the way down to the sub-command that is meant."""
    first, *rest = name.split()
    command = _offered(fake, user, channel, first, SLASH)
    chain = [command]
    for each in rest:
        inner = [option for option in chain[-1]["options"] if option["name"] == each and option["type"] in (SUB, GROUP)]
        if not inner:
            raise NotOffered(f"/{name}: there is no {each!r}")
        chain.append({"options": [], **inner[0]})
    if any(option["type"] in (SUB, GROUP) for option in chain[-1]["options"]):
        raise NotOffered(f"/{name} is not a whole command")
    return command, chain


def _command_data(command: dict[str, Any], chain: list[dict[str, Any]], filled: list[dict[str, Any]]) -> dict[str, Any]:
    for each in reversed(chain[1:]):
        filled = [{"name": each["name"], "type": each["type"], "options": filled}]
    data = {"id": command["id"], "name": command["name"], "type": command["type"], "options": filled}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return data


def _touchable(user: User, message: Message, part: dict[str, Any] | None, custom_id: str) -> None:
    if message.deleted or message.seen_only_by not in (None, user) or not message.channel.may(user, "view_channel"):
        raise NotOffered(f"{user.name} does not see that message")
    if part is None:
        raise NotOffered(f"the message has no {custom_id!r}: {[each.get('custom_id') for each in message.buttons]}")
    if part.get("disabled"):
        raise NotOffered(f"{custom_id!r} is greyed out")


def _submitted(each: dict[str, Any], filled: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"type": each["type"], "id": each["id"]}
    if "custom_id" in each:
        several = isinstance(filled[each["custom_id"]], list)
        told |= {"custom_id": each["custom_id"], "values" if several else "value": filled[each["custom_id"]]}
    if "components" in each:
        told["components"] = [_submitted(inner, filled) for inner in each["components"]]
    if "component" in each:
        told["component"] = _submitted(each["component"], filled)
    return told


def _upload(fake: Core, channel: Channel, upload: Upload) -> Attachment:
    """A file that a user adds to a command or a modal."""
    number, name = fake.ids.next(), safe_name(upload.name)
    url = fake.files.address("ephemeral-attachments", channel.id, number, name)
    kept = Attachment(number, name, upload.content, url, ephemeral=True)
    fake.uploaded[number] = kept
    return kept


def _begin(
    fake: Core,
    kind: int,
    user: User,
    channel: Channel,
    data: dict[str, Any],
    *,
    command: dict[str, Any] | None = None,
    source: Message | None = None,
    focused_kind: int = 3,
) -> Interaction:
    """Tell the client of an act."""
    owners = owners_of(user, channel, channel.guild, fake.bot)
    if command is not None and "guild_id" not in command:
        owners = {key: value for key, value in owners.items() if int(key) in command["integration_types"]}
    if source is not None and not owners and source.interaction is not None:
        # The application stays with a message for everybody, once somebody has brought it here.
        owners = source.interaction["authorizing_integration_owners"]
    abroad = set(owners) == {"1"} and channel.guild is not None
    hidden = abroad and not channel.may(user, "use_external_apps")
    begun = Interaction(
        fake.ids.next(), kind, user, channel, data, fake.clock.now(), owners, hidden, source, focused_kind=focused_kind
    )
    fake.interactions.keep(begun)
    told = interaction_payloads.payload(begun, fake.application_id, fake.bot, fake.clock.stamp)
    fake.gateway.dispatch("INTERACTION_CREATE", told, guild_id=channel.guild.id if channel.guild else None)
    return begun
