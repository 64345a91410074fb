"""From a file to pixels: the one decoder, the processes that run it, the store that keeps what it made."""
