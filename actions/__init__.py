"""The actions, for `rasa run actions` and for the engine in process."""
