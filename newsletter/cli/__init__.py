"""The newsletter command. May import tasks, config, services and below."""
