"""Use cases, one verb each. May import mail, feeds, store, topics and below; never the clock."""
