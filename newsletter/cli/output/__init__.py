"""What commands print: tables, explanations, progress."""
