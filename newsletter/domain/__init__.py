"""The rules: values in, values out. May import errors; no clock, no I/O, no settings."""
