/// How many connections one store may have, and how long a call waits: one of three that operators choose from.
public enum PostgresProfile: String, CaseIterable, Sendable {
    /// Many at once, and little patience.
    case throughput
    /// Between the two.
    case balanced
    /// The only one whose upper bound nine engines and the gateway can have at once on a server that takes 200.
    case conservative

    /// Connections that are kept, and the most there are.
    public var connections: ClosedRange<Int> {
        switch self {
        case .throughput: 10...50
        case .balanced: 5...20
        case .conservative: 2...10
        }
    }

    /// How long a call waits for a connection, and how long a statement may run, in milliseconds.
    public var timeoutMilliseconds: Int {
        switch self {
        case .throughput: 30_000
        case .balanced: 60_000
        case .conservative: 120_000
        }
    }
}

extension PostgresConfiguration {
    /// Takes the numbers of a profile.
    public init(url: String, schema: String, profile: PostgresProfile) {
        self.init(
            url: url, schema: schema, connections: profile.connections.upperBound,
            kept: profile.connections.lowerBound, waitMilliseconds: profile.timeoutMilliseconds,
            statementTimeoutMilliseconds: profile.timeoutMilliseconds)
    }
}
