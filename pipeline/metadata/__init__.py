"""The texts inside a PNG: read with bounds, and understood in the forms the usual tools write."""
