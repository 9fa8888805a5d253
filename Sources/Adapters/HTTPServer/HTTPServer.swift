// HTTPServer: an adapter.
