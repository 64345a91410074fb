"""What a survey of a data set says and shows: in a page of its own, and in a run's report."""
