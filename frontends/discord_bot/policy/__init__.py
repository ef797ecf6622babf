"""Who may use what: rows that moderators set, and the decision that follows from them."""
