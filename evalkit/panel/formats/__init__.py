"""How files are made that hold data: spreadsheets, delimited text, Parquet, Stata, GeoJSON; `read` is their door."""
