"""A newsroom and readers that do not exist, to try the service with. May import errors."""
