// HTTPClient: an adapter.
