"""What a press of a button does, one file a verb. Everything but the id comes from the database."""

BUTTONS = ()
