"""Commands about composing and reviewing an edition."""
