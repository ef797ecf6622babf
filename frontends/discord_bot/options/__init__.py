"""What may be said to the commands that draw: rows of a table, each with its place in a request.

A field that the request grows later appears in the commands by one row of :mod:`frontends.discord_bot.options.table`
and its words.
"""

from frontends.discord_bot.options.option import Option
from frontends.discord_bot.options.signature import callback, suggesting
from frontends.discord_bot.options.table import OPTIONS, named, offered

__all__ = ["OPTIONS", "Option", "callback", "named", "offered", "suggesting"]
