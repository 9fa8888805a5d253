import Bus
import EngineKit
import HTTP
import Market

/// What a path serves.
enum SocketPath: Equatable {
    /// Every topic, subscribed by message.
    case open
    /// Subscribed to these at once, with the latest values.
    case fixed([String])
    /// Every message comes back.
    case echo

    /// Nil where there is no socket.
    init?(_ path: String) {
        switch path {
        case "/ws", "/ws/realtime": self = .open
        case "/ws/trades/updates": self = .fixed([Topics.order.name + ".*", Topics.fill.name + ".*"])
        case "/ws/system/health": self = .fixed([Topics.systemHealth.name + ".*", Topics.systemAlert.name + ".*"])
        case "/ws/engine/status": self = .fixed([Topics.engine.name + ".*"])
        case "/ws/factors/cross-source", "/api/v1/streaming/ws/factors": self = .fixed([Topics.factor.name + ".*"])
        case "/ws/echo-test": self = .echo
        default:
            let prefix = "/ws/market-data/"
            guard path.hasPrefix(prefix),
                  let text = PercentCoding.decode(path.dropFirst(prefix.count), plusIsSpace: false),
                  let symbol = Symbol(text) else { return nil }
            self = .fixed([Topics.quote, Topics.bar].map { "\($0.name).\(symbol.text)" })
        }
    }
}
