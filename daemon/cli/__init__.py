"""The command ``mezzotint``: one command a file in ``commands``, a client of the control socket."""
