"""The decision: pure, from rules and who asks to what holds, so that it can be tried on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from daemon.service import Limit, PolicyRow
from frontends.discord_bot.policy import phrases
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.policy.grant import Grant
from frontends.discord_bot.policy.names import LIMITS, MAXIMA, NO_LIMIT, verb_of
from frontends.discord_bot.policy.standing import Standing
from frontends.discord_bot.refusal import Refused


def decide(
    rows: Sequence[PolicyRow], asker: Asker, verb: str | None, fields: Mapping[str, Any] | None = None
) -> Grant | Refused:
    """Whether somebody may do something somewhere, and what holds then.

    A block always wins. For everything else the most specific rule that says something decides, and the others say
    nothing: the user by name, then his roles (of several the most generous), then the channel, then the guild, then
    what holds everywhere. So a denial of a channel is lifted for a role, and a cap of a role stands in the place of
    the guild's, whether it gives more or less. In one rank a rule for the very command goes before the one for all.
    Two things add up instead: defaults, where the channel's stand over the guild's, and the filter, where the words of
    all ranks count. Without any rule everything is allowed.

    ``rows`` are those of the guild and those that hold everywhere. Without a ``verb`` no command is judged. ``fields``
    are those of the request, with what the model draws with where nothing was said; without them none is judged.
    """
    standing = Standing(rows, asker)
    if any(standing.every("block")):
        return Refused("policy.blocked")
    use = None if verb is None else standing.said(f"use.{verb_of(verb)}", "use")
    if use is not None and not use.value:
        return Refused("policy.not_here")
    if standing.value("age_restricted", False) and not asker.age_restricted:
        return Refused("policy.age_restricted_only")
    grant = Grant(
        defaults=_defaults(standing),
        spoiler=bool(standing.value("spoiler", False)),
        limits=_limits(standing, asker),
        models=None if (models := standing.value("models")) is None else tuple(models),
        maxima=_maxima(standing),
    )
    return (None if fields is None else _refused(standing, grant, fields)) or grant


def _refused(standing: Standing, grant: Grant, fields: Mapping[str, Any]) -> Refused | None:
    if phrases.found((each for said in standing.every("filter") for each in said), str(fields.get("prompt", ""))):
        # Without the words: they would only tell how to get round it.
        return Refused("policy.filtered")
    model = fields.get("model")
    if grant.models is not None and model not in grant.models:
        return Refused("policy.model_not_allowed", model=str(model), models=", ".join(grant.models))
    asked = {name: _number(fields.get(name)) for name in ("steps", "width", "height")}
    asked["count"] = _number(fields.get("count", 1))
    asked["pixels"] = asked["width"] * asked["height"]
    for name, most in grant.maxima.items():
        if asked[name] > most:
            return Refused(f"policy.too_many_{name}", most=most, asked=asked[name])
    for limit in grant.limits:
        if limit.what == "pictures" and asked["count"] > limit.limit:
            return Refused("policy.too_many_a_day", most=limit.limit, asked=asked["count"])
    return None


def _number(said: Any) -> int:
    """What a request would take it for; whatever is none is refused when the request is read."""
    try:
        return int(float(said))
    except (TypeError, ValueError, OverflowError):
        return 0


def _defaults(standing: Standing) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for said in standing.every("defaults"):
        found = {**said, **found}
    return found


def _maxima(standing: Standing) -> dict[str, int]:
    said = {each.name.removeprefix("max_"): standing.value(each.name, NO_LIMIT) for each in MAXIMA}
    return {name: most for name, most in said.items() if most != NO_LIMIT}


def _limits(standing: Standing, asker: Asker) -> tuple[Limit, ...]:
    """Each of the member in this guild, or of him wherever he asks when it holds everywhere."""
    found = []
    for each in LIMITS:
        said = standing.said(each.name)
        if said is None or said.value == NO_LIMIT or each.counts is None:
            continue
        scope = f"owner:{asker.owner}" if said.everywhere else f"member:{asker.guild}.{asker.user}"
        what, per, times = each.counts
        found.append(Limit(scope, f"rule {each.name}", what, per, said.value * times))
    return tuple(found)
