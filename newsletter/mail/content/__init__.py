"""From templates to a rendered email: text, HTML, subject, preheader."""
