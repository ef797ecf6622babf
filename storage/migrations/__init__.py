"""How a database file of an earlier version becomes one of today: a step a file under ``versions``."""
