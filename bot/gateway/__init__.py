"""The web: JSON turn, page without script, leave, health."""
