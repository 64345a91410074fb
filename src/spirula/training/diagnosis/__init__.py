"""Why a number is no longer finite: the first operation that broke, its layer, its samples, and what helps."""
