"""Running the service: scheduled jobs, retention, status, outages. May import sending and below."""
