"""The running service: composition, supervision, the one door (service), dispatch, delivery, command line."""
