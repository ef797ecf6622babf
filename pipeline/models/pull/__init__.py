"""Fetching a model from a hub, for the operator's command line alone. Nothing that the daemon runs imports this."""
