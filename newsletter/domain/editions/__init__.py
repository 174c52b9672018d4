"""One evening's edition: its states, its release, its forecast."""
