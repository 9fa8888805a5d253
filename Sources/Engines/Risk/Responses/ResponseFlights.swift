import Market

/// What is being sent and placed, and how long rows wait. Orders have room of their own and each channel one place, so
/// that a receiver that hangs holds up neither an order nor another receiver. A value type that knows no clock.
struct ResponseFlights: Sendable {
    /// Orders and notices under way at once.
    static let orderLimit = 64, noticeLimit = 16

    private var orders: Set<String> = []
    /// The notice that is under way, by channel.
    private var notices: [String: String] = [:]
    /// From when on rows are looked at, and since when orders wait for what rests to be cancelled, by the steady clock.
    private var waits: [String: Int64] = [:], rooms: [String: Int64] = [:]
    /// Whether nothing new is begun.
    private(set) var isOver = true

    var isEmpty: Bool { orders.isEmpty && notices.isEmpty }

    mutating func begin() {
        isOver = false
        waits = [:]
        rooms = [:]
    }

    mutating func end() { isOver = true }

    /// Whether a row is under way.
    func holds(_ id: String) -> Bool { orders.contains(id) || notices.values.contains(id) }

    /// Whether there is room for a row.
    func admits(_ row: ResponseRow) -> Bool {
        if isOver { return false }
        if row.action.trades { return orders.count < Self.orderLimit && !orders.contains(row.id) }
        return notices.count < Self.noticeLimit && notices[row.target] == nil
    }

    mutating func add(_ row: ResponseRow) {
        if row.action.trades { orders.insert(row.id) } else { notices[row.target] = row.id }
    }

    mutating func remove(_ row: ResponseRow) {
        if row.action.trades { orders.remove(row.id) } else { notices[row.target] = nil }
    }

    // MARK: Waits

    /// The longest wait of a row, whatever its stored time says: the wall clock may have been set back meanwhile.
    private static func longest(_ row: ResponseRow) -> Int64 { (row.action.trades ? 15 : 1280) * 1_000_000_000 }

    /// Says when a row is looked at next, from what is stored of it.
    mutating func wait(_ row: ResponseRow, at now: CaseTime) {
        let left = row.due.map { $0.nanoseconds(since: now.wall) } ?? 0
        waits[row.id] = now.steady + min(max(left, 0), Self.longest(row))
    }

    /// The same in so many nanoseconds, though nothing of it is stored.
    mutating func wait(_ id: String, nanoseconds: Int64, at now: CaseTime) {
        waits[id] = now.steady + nanoseconds
    }

    /// Whether a row is to be looked at. What quiet hours hold waits by the wall clock, as these are hours of the day.
    mutating func isDue(_ row: ResponseRow, at now: CaseTime) -> Bool {
        guard row.state.isPending, let due = row.due else { return false }
        if row.state == .held { return due <= now.wall }
        if waits[row.id] == nil { wait(row, at: now) }
        return waits[row.id].map { $0 <= now.steady } ?? true
    }

    /// How long an order has waited for what rests to be cancelled; it begins to where this is `first`.
    mutating func room(_ id: String, first: Bool, at now: CaseTime) -> Int64 {
        let since = first ? now.steady : rooms[id] ?? now.steady
        rooms[id] = since
        return now.steady - since
    }

    /// Drops the waits of rows that are no more.
    mutating func forget(_ isGone: (String) -> Bool) {
        waits = waits.filter { !isGone($0.key) }
        rooms = rooms.filter { !isGone($0.key) }
    }
}
