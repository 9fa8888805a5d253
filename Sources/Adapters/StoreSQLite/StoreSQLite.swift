// StoreSQLite: the records port over SQLite. One file an engine, in WAL mode; one thread writes with group commit,
// another reads. Also the lock that keeps a second supervisor off a data folder. The only place that knows SQLite.
