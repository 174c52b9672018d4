"""The connection to PostgreSQL, its errors and its address."""
