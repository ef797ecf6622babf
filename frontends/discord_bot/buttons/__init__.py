"""The buttons, one file a verb."""

BUTTONS = ()
