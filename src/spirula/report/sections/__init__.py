"""What each part of the report shows: functions from a run's :class:`~spirula.report.facts.Facts` to plain data."""
