/// Why nobody can say that every group acknowledged a message.
public enum SettlementError: Error, Equatable, CustomStringConvertible {
    /// Some group did not within the deadline.
    case late
    /// Nobody waits any more.
    case cancelled

    public var description: String {
        switch self {
        case .late: "not every reader acknowledged the message in time; nautilus bus lag tells which group is behind"
        case .cancelled: "cancelled before every reader acknowledged the message"
        }
    }
}
