"""Real servers from wheels for one machine. May import errors."""
