"""What we say: topics, organisations, and the replies made of them."""
