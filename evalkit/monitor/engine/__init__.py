"""What runs the monitor's expressions: DuckDB in this process, or Spark where records outgrow one machine."""
