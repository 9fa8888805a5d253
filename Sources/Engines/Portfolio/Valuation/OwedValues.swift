import Market

/// Values that something late has changed and that are told when it is quiet: an old replay beside hundreds of newer values
/// would otherwise tell all of them anew with each bar. What is at the time of the change, and the newest value, are told at
/// once.
struct OwedValues: Sendable, Equatable {
    /// So many values are told at once.
    static let soonLimit = 64
    static let pauseMilliseconds = 500
    /// After so many pauses they are told although more keeps coming.
    private static let patience = 20

    private var times: [String: Timestamp] = [:]
    private var changed: Set<String> = []
    private var pauses = 0

    init(_ times: [String: Timestamp]) { self.times = times }

    /// Of times that rise, those whose values are told at once.
    static func soon(_ points: [Timestamp]) -> [Timestamp] {
        points.count <= soonLimit ? points : [points[0], points[points.count - 1]]
    }

    var isEmpty: Bool { times.isEmpty }

    /// The first time of a portfolio whose value is owed.
    func first(of portfolio: String) -> Timestamp? { times[portfolio] }

    /// Whether values from a time on are owed already.
    func has(_ portfolio: String, from time: Timestamp) -> Bool { times[portfolio].map { $0 <= time } ?? false }

    mutating func owe(_ portfolio: String, from time: Timestamp) {
        times[portfolio] = min(times[portfolio] ?? time, time)
        changed.insert(portfolio)
    }

    mutating func settle(_ portfolio: String) { times[portfolio] = nil }

    /// After a pause: the portfolios to tell of now, those of which nothing more came in it.
    mutating func due() -> [String] {
        pauses += 1
        if pauses >= Self.patience { changed = [] }
        let quiet = times.keys.filter { !changed.contains($0) }.sorted()
        if changed.isEmpty { pauses = 0 }
        changed = []
        return quiet
    }
}
