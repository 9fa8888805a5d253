// BusRedis: an adapter.
