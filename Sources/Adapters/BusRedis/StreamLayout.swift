import Bus
import Market

/// The streams of a bus: one a family and partition, numbered; and the names of all its keys.
struct StreamLayout {
    struct Stream {
        /// The family's number on the bus.
        let family: Int
        let declared: TopicFamily
        let partition: Int
        /// For example `bus:{market.quote.0}:normal`, and its dead letters' stream.
        let key: String, deadKey: String
        let keyBytes: [UInt8]
    }

    let prefix: String
    let families: [TopicFamily]
    let streams: [Stream]
    let firstStream: [Int]
    private let numbers: [String: Int]

    init(families: [TopicFamily], prefix: String) {
        self.families = families
        self.prefix = prefix
        numbers = Dictionary(uniqueKeysWithValues: families.enumerated().map { ($1.name, $0) })
        var streams: [Stream] = [], first: [Int] = []
        for (number, family) in families.enumerated() {
            first.append(streams.count)
            for partition in 0..<family.partitions {
                let base = "\(prefix){\(family.name).\(partition)}"
                let key = "\(base):\(family.lane.name)"
                streams.append(Stream(family: number, declared: family, partition: partition, key: key,
                                      deadKey: "\(base):dead", keyBytes: Array(key.utf8)))
            }
        }
        self.streams = streams
        firstStream = first
    }

    /// The number of a family, or nil where it is not declared.
    func family(_ name: String) -> Int? { numbers[name] }

    /// The streams of a family.
    func streams(of family: Int) -> Range<Int> {
        firstStream[family]..<firstStream[family] + families[family].partitions
    }

    /// Where a message goes.
    func stream(family: Int, key: String) -> Int { firstStream[family] + families[family].partition(of: key) }

    /// The key whose value changes when Redis lost its data.
    var epochKey: String { prefix + "epoch" }

    /// The list that the replies to an instance's requests go to.
    func replyKey(_ instance: String) -> String { "\(prefix)reply:{\(instance)}" }
}
