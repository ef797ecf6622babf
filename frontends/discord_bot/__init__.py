"""The service as people on Discord meet it."""
