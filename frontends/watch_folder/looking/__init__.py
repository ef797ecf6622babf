"""Which files lie in the folder, and which of them are finished being written."""
