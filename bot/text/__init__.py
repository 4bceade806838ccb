"""What was typed, before Rasa sees it."""
