"""Article pages, and the photos on them."""
