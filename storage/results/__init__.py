"""Where a result becomes durable: the file first, whole and synced, then the row that names it."""
