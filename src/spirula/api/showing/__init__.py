"""What the verbs return: tables, sheets of pictures, texts for a terminal."""
