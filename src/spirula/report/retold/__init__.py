"""What a run folder says in English sentences, such as the reason of an option, said again in Korean."""
