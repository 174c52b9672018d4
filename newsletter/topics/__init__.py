"""Topic files and the gazetteer, handed to the rules. May import domain and errors."""
