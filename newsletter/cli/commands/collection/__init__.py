"""Commands about feeds and articles."""
