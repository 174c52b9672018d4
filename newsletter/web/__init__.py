"""Pages and API. May import tasks, config, services and below."""
