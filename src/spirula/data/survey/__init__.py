"""What a data set looks like: numbers as plain dictionaries that JSON, tables and pages are made of."""
