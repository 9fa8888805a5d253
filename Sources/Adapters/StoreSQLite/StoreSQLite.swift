// StoreSQLite: an adapter.
