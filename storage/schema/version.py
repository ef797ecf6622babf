"""The version of today's schema: the name of the last step under ``storage/migrations/versions``."""

VERSION = "0007"
