// Runtime: event loop, clock, configuration, service lifecycle. The only place that knows libuv.
