"""The report: one file that shows a run. :func:`spirula.report.page.build_report` writes it."""
