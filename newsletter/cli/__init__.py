"""The newsletter command. May import tasks, config, services and below."""

from newsletter.cli.main import main

__all__ = ["main"]
