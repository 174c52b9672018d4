"""How well the choosing works, measured; no rule imports it. May import domain and errors."""
