"""Networks that were written for Keras: code and files, read without Keras and without running anything."""
