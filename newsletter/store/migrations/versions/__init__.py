"""One file a change; the first made the first tables."""
