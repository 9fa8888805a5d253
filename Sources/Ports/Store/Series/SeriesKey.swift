/// Names one series: a collection that fixes what its rows mean, and a name in it.
public struct SeriesKey: Hashable, Sendable, CustomStringConvertible {
    /// The collection, for example `bars.1d`. A TimescaleDB mirror has one hypertable a collection.
    public let collection: String
    /// The name in the collection, for example `AAPL`.
    public let name: String

    /// Makes a key; `check` tells whether a store takes it.
    public init(collection: String, name: String) {
        self.collection = collection
        self.name = name
    }

    /// `collection/name`.
    public var description: String { "\(collection)/\(name)" }

    /// Throws `.invalidInput` where a part is empty, holds a zero byte, or both together exceed 400 bytes of UTF-8.
    public func check() throws(StoreError) {
        let fits = collection.utf8.count + name.utf8.count <= 400
        guard fits, !collection.isEmpty, !name.isEmpty, !collection.utf8.contains(0), !name.utf8.contains(0) else {
            throw StoreError(.invalidInput, "series key \(self)")
        }
    }
}
