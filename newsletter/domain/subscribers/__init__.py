"""Who is written to: an email address and a subscription."""
