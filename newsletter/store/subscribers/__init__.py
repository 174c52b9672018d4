"""Subscribers, subscriptions and suppressions."""
