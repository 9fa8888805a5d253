// SeriesLMDB: an adapter.
