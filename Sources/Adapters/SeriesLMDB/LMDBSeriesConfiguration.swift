/// How a series store is opened.
public struct LMDBSeriesConfiguration: Sendable, Hashable {
    /// When a write reaches the device. Neither loses anything, nor damages the file, when a process is killed.
    public enum Durability: Sendable, Hashable {
        /// Data and header are flushed before a write is answered: survives a power cut.
        case durable
        /// The header is flushed with the next write: a power cut may lose the last write, never damage the file.
        case lazy
    }

    /// The file; a lock file `<path>-lock` lies beside it. Its folder must exist.
    public var path: String
    /// When a write reaches the device.
    public var durability: Durability
    /// Address space reserved at first, in bytes. It is doubled when full; the file is only as large as its content.
    public var mapBytes: Int
    /// Threads that read.
    public var readers: Int
    /// How many requests may wait for the writer, and how many for the readers; more are refused with `.busy`.
    public var queueCapacity: Int

    /// Makes a configuration.
    public init(
        path: String, durability: Durability = .durable, mapBytes: Int = 1 << 30, readers: Int = 2,
        queueCapacity: Int = 4_096
    ) {
        self.path = path
        self.durability = durability
        self.mapBytes = mapBytes
        self.readers = readers
        self.queueCapacity = queueCapacity
    }
}
