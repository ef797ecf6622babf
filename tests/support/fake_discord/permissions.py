"""What a member may do, as bits by name."""

from __future__ import annotations

BITS = {
    "manage_channels": 1 << 4,
    "administrator": 1 << 3,
    "manage_guild": 1 << 5,
    "add_reactions": 1 << 6,
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "manage_messages": 1 << 13,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "mention_everyone": 1 << 17,
    "use_application_commands": 1 << 31,
    "manage_threads": 1 << 34,
    "create_public_threads": 1 << 35,
    "send_messages_in_threads": 1 << 38,
    "moderate_members": 1 << 40,
    "use_external_apps": 1 << 50,
}
EVERYTHING = sum(BITS.values())
USUAL = sum(
    BITS[name]
    for name in (
        "view_channel",
        "send_messages",
        "embed_links",
        "attach_files",
        "read_message_history",
        "add_reactions",
        "use_application_commands",
        "create_public_threads",
        "send_messages_in_threads",
        "use_external_apps",
    )
)
"""What everybody has in a new guild."""


def bits(*names: str) -> int:
    """The sum of some permissions by name."""
    return sum(BITS[name] for name in names)


def has(held: int, *names: str) -> bool:
    """Whether all of these are held; an administrator holds everything."""
    return bool(held & BITS["administrator"]) or all(held & BITS[name] for name in names)
