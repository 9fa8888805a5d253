/// How a SQLite store is opened.
public struct SQLiteConfiguration: Sendable, Hashable {
    /// When a commit reaches the device. Both survive a killed process whole.
    public enum Synchronous: String, Sendable, Hashable {
        /// Every commit is flushed before it is answered: also survives a power cut. For the ledger.
        case full = "FULL"
        /// Flushed at checkpoints: a power cut may lose the last commits, never damage the file.
        case normal = "NORMAL"
    }

    /// The file, or `:memory:` (then reads run on the writer's thread, as memory has one connection).
    public var path: String
    /// When a commit reaches the device.
    public var synchronous: Synchronous
    /// How long to wait for another process that writes, in milliseconds; then `.busy`.
    public var busyTimeoutMilliseconds: Int
    /// How many requests may wait for the writer, and how many for the readers; more are refused with `.busy`.
    public var queueCapacity: Int
    /// Threads that read, each with its connection.
    public var readers: Int
    /// The file's size limit in pages of 4,096 bytes; nil for none. Reaching it is `.diskFull`.
    public var pageLimit: Int?

    /// Makes a configuration.
    public init(
        path: String, synchronous: Synchronous = .normal, busyTimeoutMilliseconds: Int = 5_000,
        queueCapacity: Int = 4_096, readers: Int = 1, pageLimit: Int? = nil
    ) {
        self.path = path
        self.synchronous = synchronous
        self.busyTimeoutMilliseconds = busyTimeoutMilliseconds
        self.queueCapacity = queueCapacity
        self.readers = readers
        self.pageLimit = pageLimit
    }

    var isMemory: Bool { path == ":memory:" }
}
