"""Catalogues of translations, and what CLDR says."""
