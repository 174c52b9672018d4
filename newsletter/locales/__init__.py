"""Readers' languages: catalogues of translations, and what CLDR says. Imports no floor."""
