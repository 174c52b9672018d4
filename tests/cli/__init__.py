"""Commands that need no servers, as other programs call them."""
