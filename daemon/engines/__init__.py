"""Where engines live. ``local`` runs one as a child process of the daemon; another executor may place it elsewhere."""
