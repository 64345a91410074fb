"""What goes on around a training: what it says, notes and leaves behind, from its beginning to its end."""
