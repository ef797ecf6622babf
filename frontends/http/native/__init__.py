"""The service's own API, JSON over the control socket. The command line is its first client."""
