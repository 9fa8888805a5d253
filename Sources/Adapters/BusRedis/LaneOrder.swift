import Bus
import Runtime

/// A connection that lanes' order decides on.
@LoopActor protocol RankedLink: AnyObject {
    /// Reads what has come.
    func readArrived()
    /// Whether an answer is owed to it.
    var isOwed: Bool { get }
}

/// In which order a bus reads and writes its connections within a turn: by lane, and in a lane what is published before
/// what is asked for. So what an order waits for is in Redis before what only tells of it, and is handled before that.
///
/// Acknowledgements, trimming and questions come last, and wait while Redis works at a message of the critical lane: it
/// answers all that it finds together, so they would hold that message up.
@LoopActor final class LaneOrder: TurnWork, SocketWork {
    /// The rank of what serves no lane.
    static let last = 2 * Lane.allCases.count
    /// What comes last is passed over so often in a row at most.
    private static let patience = 4

    /// The rank of a connection that publishes.
    static func writing(_ lane: Lane) -> Int { 2 * Int(lane.rawValue) }
    /// The rank of a connection that reads.
    static func reading(_ lane: Lane) -> Int { 2 * Int(lane.rawValue) + 1 }

    private var waiting: [[any TurnWork]] = Array(repeating: [], count: LaneOrder.last + 1)
    private var queued = false, passed = 0
    /// What publishes to the critical lane.
    weak var criticalWriter: (any RankedLink)?
    /// How much the low lane does at a time.
    var lowPace = LowLanePace()
    private var arrived: [[any RankedLink]] = Array(repeating: [], count: LaneOrder.last + 1)
    private var hasArrived = false

    // MARK: Writing

    /// Asks for `work.endOfTurn()` at this turn's end; a smaller rank comes first.
    func add(_ work: any TurnWork, rank: Int) {
        waiting[rank].append(work)
        ask()
    }

    private func ask() {
        if queued { return }
        queued = true
        EventLoop.main.atEndOfTurn(self)
    }

    /// A connection is owed nothing any more.
    func answered() { if passed > 0 { ask() } }

    /// What is asked for meanwhile is done too; where it comes too late for its rank, in another pass.
    func endOfTurn() {
        for rank in 0..<Self.last { run(rank) }
        if !waiting[Self.last].isEmpty && passed < Self.patience && criticalWriter?.isOwed == true {
            passed += 1
        } else {
            passed = 0
            run(Self.last)
        }
        queued = false
        if waiting.indices.contains(where: { !waiting[$0].isEmpty && ($0 < Self.last || passed == 0) }) { ask() }
    }

    private func run(_ rank: Int) {
        var next = 0
        while next < waiting[rank].count {
            waiting[rank][next].endOfTurn()
            next += 1
        }
        waiting[rank].removeAll(keepingCapacity: true)
    }

    // MARK: Reading

    /// Something came for `link`: it is read when all that came in this turn is known.
    func noteArrival(_ link: any RankedLink, rank: Int) {
        arrived[rank].append(link)
        if hasArrived { return }
        hasArrived = true
        EventLoop.main.afterSockets(self)
    }

    func afterSockets() {
        hasArrived = false
        for rank in arrived.indices where !arrived[rank].isEmpty {
            for link in arrived[rank] { link.readArrived() }
            arrived[rank].removeAll(keepingCapacity: true)
        }
    }
}
