/// Why a Redis bus could not be made.
public enum RedisBusError: Error, Equatable, Sendable {
    /// Not a `redis://` address.
    case url(String)
    /// The spool's folder cannot be used.
    case spool(String)
}
