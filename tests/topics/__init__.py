"""Topic files, and the names that the gazetteer adds."""
