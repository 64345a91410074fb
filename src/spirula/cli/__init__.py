"""The command line: one file per group of commands; the only place that prints and exits."""
