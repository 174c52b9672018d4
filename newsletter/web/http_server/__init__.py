"""How pages are served over HTTP: proxies, limits, security headers."""
