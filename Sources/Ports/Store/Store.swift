// Store: the records port (SQL) and the series port (columns over time), with the in-memory fake of each.
