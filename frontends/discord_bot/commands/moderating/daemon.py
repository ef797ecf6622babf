"""``/mezzotint pause``, ``resume`` and ``status``: the whole service, of which every server has a part."""

from __future__ import annotations

from frontends.discord_bot.commands.moderating import operators
from frontends.discord_bot.commands.moderating.asked import Asked
from frontends.discord_bot.commands.moderating.form import Form
from frontends.discord_bot.layouts import text

MOST_CONDITIONS = 5
MOST_CHARACTERS = 300


async def _pause(asked: Asked) -> str:
    free = asked.said.get("free_memory", False)
    # Noted before it is done: what ends in between leaves a note too many, and never one too few.
    await asked.record("pause", free_memory=free)
    await asked.desk.service.pause(free_memory=free)
    return asked.words.say("mezzotint.paused")


async def _resume(asked: Asked) -> str:
    await asked.record("resume")
    await asked.desk.service.resume()
    return asked.words.say("mezzotint.resumed")


async def _status(asked: Asked) -> str:
    """What is wrong is told in full to who can mend it."""
    words, status = asked.words, await asked.desk.service.status()
    title = words.say("mezzotint.title.status")
    lines = [f"### {title}"]
    lines.append(words.say("mezzotint.is_paused" if status.paused else "mezzotint.is_serving"))
    lines.append(words.say("mezzotint.queue", queued=status.queue["queued"], running=status.queue["running"]))
    models = {engine.model for engine in status.engines if engine.model}
    if models:
        lines.append(words.say("mezzotint.loaded", models=", ".join(sorted(models))))
    if status.degraded and operators.is_one(asked.interaction):
        lines += [
            f"- {text.plain(f'{each.what}: {each.why}', MOST_CHARACTERS)}" for each in status.degraded[:MOST_CONDITIONS]
        ]
    elif status.degraded:
        lines.append(words.say("mezzotint.degraded"))
    return "\n".join(lines)


FORMS = (
    Form(name="pause", act=_pause, optional=("free_memory",), right="operator"),
    Form(name="resume", act=_resume, right="operator"),
    Form(name="status", act=_status),
)
