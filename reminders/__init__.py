"""What we text and what comes back: every word that goes out or comes in."""
