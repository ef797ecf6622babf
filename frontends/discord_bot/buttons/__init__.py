"""What a press of a button does, one file a verb. Everything but the id comes from the database.

::

    item         what all verbs have in common: the first answer, who may, and errors in words
    press        one press, and what a verb needs of it
    wishes       from a job to the wish for another one like it
    edit_modal   the form in which a job is changed
    forms        what becomes of a form that is sent
"""

from frontends.discord_bot.buttons.cancel import Cancel
from frontends.discord_bot.buttons.delete import Delete
from frontends.discord_bot.buttons.edit import Edit
from frontends.discord_bot.buttons.favourite import Favourite
from frontends.discord_bot.buttons.forms import submitted
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.parameters import Parameters
from frontends.discord_bot.buttons.pick import Pick
from frontends.discord_bot.buttons.remove import Remove
from frontends.discord_bot.buttons.reroll import Reroll
from frontends.discord_bot.buttons.retry import Retry
from frontends.discord_bot.buttons.spoiler import Spoiler
from frontends.discord_bot.buttons.strong import Strong
from frontends.discord_bot.buttons.subtle import Subtle
from frontends.discord_bot.buttons.turning import TURNING

BUTTONS: tuple[type[JobButton], ...] = (
    Pick,
    Subtle,
    Strong,
    Reroll,
    Edit,
    Parameters,
    Favourite,
    Spoiler,
    Delete,
    Remove,
    Cancel,
    Retry,
    *TURNING,
)

__all__ = ["BUTTONS", "submitted"]
