"""When each scheduled job last ran."""
