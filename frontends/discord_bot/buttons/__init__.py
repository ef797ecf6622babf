"""What a press of a button does, one file a verb. Everything but the id comes from the database."""

from frontends.discord_bot.buttons.turning import TURNING

BUTTONS = (*TURNING,)
