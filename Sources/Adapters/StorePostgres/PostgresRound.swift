import Store

/// What one pipeline gave: the answers that arrived, in order, up to the first failure. A pure value.
struct PostgresRound {
    /// A place in the stream of answers.
    enum Slot: Equatable {
        /// The preparation of a statement under a name.
        case prepare(sql: String, name: String)
        /// The execution of the statement with that index.
        case execute(Int)
    }

    /// The answers the server owes, in order.
    let slots: [Slot]
    /// Statements in the round.
    let count: Int
    /// Results of the statements that succeeded: the first ones.
    private(set) var results: [ResultSet] = []
    /// What failed, and at which statement; later statements were skipped by the server.
    private(set) var failure: (statement: Int, cause: PostgresFailure)?
    /// Preparations that succeeded.
    private(set) var prepared: [(sql: String, name: String)] = []
    private var position = 0

    init(slots: [Slot], count: Int) {
        self.slots = slots
        self.count = count
    }

    /// Whether every statement succeeded.
    var isComplete: Bool { results.count == count }

    /// One statement's answer ended.
    mutating func advance() { position += 1 }

    /// The present answer is a success.
    mutating func succeed(_ result: @autoclosure () -> ResultSet) {
        guard position < slots.count else { return }
        switch slots[position] {
        case .prepare(let sql, let name): prepared.append((sql, name))
        case .execute: results.append(result())
        }
    }

    /// The present answer is a failure; only the first counts.
    mutating func fail(_ cause: PostgresFailure) {
        guard failure == nil, position < slots.count else { return }
        switch slots[position] {
        case .execute(let index): failure = (index, cause)
        case .prepare: failure = (results.count, cause)
        }
    }
}
