"""Plain text: cleaned, folded, taken apart into words. Knows nothing about news."""
