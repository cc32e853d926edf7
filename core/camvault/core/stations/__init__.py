"""Pure: the stations: what is configured, where their folders are, which services they need."""
