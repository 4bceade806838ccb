"""Our components of the Rasa pipeline."""
