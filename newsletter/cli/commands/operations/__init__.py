"""Commands that set up and run the service."""
