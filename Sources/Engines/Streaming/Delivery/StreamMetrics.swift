import Runtime
import Telemetry

/// What the streaming engine counts.
struct StreamMetrics {
    let connections: Gauge, subscriptions: Gauge, topics: Gauge
    let updates: Counter, deliveries: Counter, conflated: Counter, limited: Counter
    let received: Counter, slow: Counter, dead: Counter, opened: Counter, refused: Counter

    init(_ registry: MetricsRegistry) {
        connections = registry.gauge("nautilus_websocket_open_connections", "Open WebSockets.")
        subscriptions = registry.gauge("nautilus_websocket_subscriptions", "Topics and patterns subscribed to.")
        topics = registry.gauge("nautilus_websocket_topics", "Topics known.")
        updates = registry.counter("nautilus_websocket_updates_total",
                                   "Updates taken from the bus and from broadcasts.")
        deliveries = registry.counter("nautilus_websocket_deliveries_total", "Updates handed to sockets.")
        conflated = registry.counter("nautilus_websocket_conflated_updates_total",
                                     "Updates whose place a newer one took in a slow reader's queue.")
        limited = registry.counter("nautilus_websocket_limited_updates_total",
                                   "Updates left out because a reader asked for a lower rate.")
        received = registry.counter("nautilus_websocket_received_messages_total", "Messages from clients.")
        slow = registry.counter("nautilus_websocket_slow_readers_closed_total", "Connections closed as too slow.")
        dead = registry.counter("nautilus_websocket_dead_links_closed_total",
                                "Connections closed for want of a sign of life.")
        refused = registry.counter("nautilus_websocket_refused_updates_total",
                                   "Updates of new topics beyond the most that are kept.")
        opened = registry.counter("nautilus_websocket_connections_opened_total", "Connections opened.")
    }
}
