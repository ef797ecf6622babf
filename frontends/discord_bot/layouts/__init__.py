"""Pure: values in, layouts of messages out. Nothing here asks the service or the network."""
