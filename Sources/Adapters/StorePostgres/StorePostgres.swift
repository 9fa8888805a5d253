// StorePostgres: an adapter.
