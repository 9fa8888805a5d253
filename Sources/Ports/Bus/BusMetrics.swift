public import Runtime
public import Telemetry

/// The metrics of a bus: messages published by family.
public struct BusMetrics: Sendable {
    /// By family number.
    public let published: [Counter]
    /// Lossless messages that were refused because a queue, the spool or Redis was full.
    public let refused: Counter
    private let registry: MetricsRegistry

    /// Registers the counters of every family.
    public init(families: [TopicFamily], registry: MetricsRegistry) {
        self.registry = registry
        published = families.map {
            registry.counter("nautilus_bus_published_messages_total", "Messages published.", ["family": $0.name])
        }
        refused = registry.counter("nautilus_bus_refused_messages_total", "Messages refused because a queue is full.")
    }

    /// Sets how many messages a group has still to acknowledge on a stream.
    public func setLag(_ lag: StreamLag) {
        let stream = "\(lag.family).\(lag.partition):\(lag.lane.name)"
        registry.gauge(
            "nautilus_bus_lag_messages", "Messages that a group has not acknowledged.",
            ["stream": stream, "group": lag.group]
        ).set(Double(lag.waiting + lag.pending))
    }
}

/// The metrics of one subscription, by group.
@LoopActor public final class GroupMetrics {
    let handled: Counter, retried: Counter, dead: Counter, dropped: Counter, conflated: Counter
    let seconds: Histogram
    let setAside: Gauge
    var conflatedSoFar = 0, droppedSoFar = 0

    /// Registers a group's metrics; the same registry and group share their counters.
    public init(group: String, registry: MetricsRegistry) {
        let prefix = "nautilus_bus"
        handled = registry.counter("\(prefix)_handled_messages_total", "Messages handled.", ["group": group])
        retried = registry.counter(
            "\(prefix)_retried_messages_total", "Failed tries that are repeated.", ["group": group])
        dead = registry.counter("\(prefix)_dead_messages_total", "Messages given up.", ["group": group])
        dropped = registry.counter(
            "\(prefix)_dropped_messages_total", "Messages dropped from full queues.", ["group": group])
        conflated = registry.counter(
            "\(prefix)_conflated_messages_total", "Messages a newer one of their key replaced.", ["group": group])
        setAside = registry.gauge(
            "\(prefix)_set_aside_messages",
            "Messages that failed and are tried again, and those that wait behind them.", ["group": group])
        seconds = registry.histogram("\(prefix)_handler_seconds", "Time in a handler, by batch.", ["group": group])
    }
}
