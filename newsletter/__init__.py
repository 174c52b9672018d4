"""newsletter: a self-hosted evening newsletter, from feeds to inboxes."""
