"""What the report says, a table for each theme: every sentence once in English and once in Korean."""
