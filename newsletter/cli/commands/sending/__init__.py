"""Commands about sending, and what became of it."""
