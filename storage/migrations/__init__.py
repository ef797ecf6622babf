"""Every step the tables took, in order. A step is never edited once it has been released."""
