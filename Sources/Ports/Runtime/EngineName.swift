/// The ten services: nine engines and the gateway.
public enum EngineName: String, CaseIterable, Sendable {
    case analytics, risk, factor, ml, features, websocket, strategy, marketdata, portfolio, gateway

    /// The port unless `NAUTILUS_<NAME>_PORT` says otherwise.
    public var defaultPort: Int {
        switch self {
        case .gateway: 8001
        case .analytics: 8100
        case .risk: 8200
        case .factor: 8300
        case .ml: 8400
        case .features: 8500
        case .websocket: 8600
        case .strategy: 8700
        case .marketdata: 8800
        case .portfolio: 8900
        }
    }

    /// The nine, without the gateway.
    public static let engines: [EngineName] = allCases.filter { $0 != .gateway }

    /// The name of its binary and container: `risk-engine`, `gateway`.
    public var processName: String { self == .gateway ? "gateway" : "\(rawValue)-engine" }
}
