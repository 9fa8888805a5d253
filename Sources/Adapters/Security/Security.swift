// Security: an adapter.
