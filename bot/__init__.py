"""Amaan: answers for migrant victims of abuse in the UK, without learning who they are."""
