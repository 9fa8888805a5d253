import Telemetry

/// The metrics of the connection to Redis.
struct TransportMetrics: Sendable {
    let connected: Gauge, memory: Gauge, spooled: Gauge, spool: Gauge, held: Gauge
    let reconnects: Counter, rejected: Counter, claimed: Counter, heldConflated: Counter, heldDropped: Counter
    let resets: Counter

    init(registry: MetricsRegistry) {
        connected = registry.gauge("nautilus_bus_connected_ratio", "1 while Redis is there, 0 while it is away.")
        memory = registry.gauge("nautilus_bus_redis_memory_ratio", "Used part of Redis' maxmemory.")
        spooled = registry.gauge("nautilus_bus_spooled_messages", "Lossless messages on disk for want of Redis.")
        spool = registry.gauge("nautilus_bus_spool_ratio", "Used part of the fullest spool.")
        held = registry.gauge("nautilus_bus_held_messages", "Other messages in memory for want of Redis.")
        reconnects = registry.counter("nautilus_bus_reconnects_total", "Connections to Redis made anew.")
        rejected = registry.counter(
            "nautilus_bus_rejections_total", "Batches that Redis refused and that are sent again.")
        claimed = registry.counter("nautilus_bus_claimed_entries_total", "Entries taken over from dead consumers.")
        heldConflated = registry.counter(
            "nautilus_bus_held_conflated_messages_total", "Messages replaced by newer ones while Redis was away.")
        heldDropped = registry.counter(
            "nautilus_bus_held_dropped_messages_total", "Messages dropped while Redis was away.")
        resets = registry.counter("nautilus_bus_resets_total", "Times Redis came back without its data.")
    }
}
