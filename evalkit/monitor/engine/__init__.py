"""What runs the monitor's expressions: DuckDB in this process, or Spark where records outgrow one machine.

`DuckDB` and `Spark` are opened on folders and give lazy frames of narwhals;
`PostgresTable` reads a department's table in batches.
What every engine does, and what an expression keeps away from, stands in `evalkit.monitor.engine.base`.
"""
