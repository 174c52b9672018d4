"""One worker's run through the deliveries of an edition."""
