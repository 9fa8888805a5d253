// Store: the records port (SQL) and the series port (columns over time), and the in-memory fake of the latter.
// `Records/` holds statements, results, migrations and the protocol that SQLite and PostgreSQL adapters implement;
// `Series/` holds columns, ranges, the pure merge of one write, and the protocol that LMDB implements.
// No SQL engine, file or socket is named here; SQLite's `:memory:` is the fake of the records port.
