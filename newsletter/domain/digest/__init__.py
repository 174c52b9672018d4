"""From the articles of a window to chosen, ordered and explained stories."""
