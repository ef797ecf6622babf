"""Who is told of others' jobs: from what the settings say to what the storage keeps."""

from __future__ import annotations

from config.settings import Settings
from storage.subscriptions import Subscription


def of(settings: Settings) -> list[Subscription]:
    """Everybody who subscribes."""
    return [
        Subscription(source="webhook", target=each.name, states=each.events, owner=each.owner, origin=each.origin)
        for each in settings.webhooks.subscriptions
    ]
