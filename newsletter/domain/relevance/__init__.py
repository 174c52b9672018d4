"""Whether an article is about the topic."""
