import Bus
import Market

/// Messages of one stream, in order, in a chunk.
struct OutgoingRun {
    let stream: Int
    var messages: [Message]
}

/// What was sent together, or is to be.
struct OutgoingChunk {
    /// One command: a run's messages from `first`, `count` of them.
    struct Command {
        let run: Int, first: Int, count: Int
    }

    var runs: [OutgoingRun] = []
    var commands: [Command] = []
    var answered = 0
    /// These came from the spool, in this order.
    var spooled: [Message]?
    /// Sent as one transaction: all or none.
    var isTransaction = false
    var transactionFailed = false
    var failed: [OutgoingRun] = []

    var isAnswered: Bool { answered == commands.count }

    /// What is not known to be in Redis: failed commands and those without an answer.
    var unsettled: [OutgoingRun] {
        failed + commands[answered...].map { command in
            let run = runs[command.run]
            return OutgoingRun(
                stream: run.stream, messages: Array(run.messages[command.first..<command.first + command.count]))
        }
    }
}

/// Messages that wait to be sent, gathered by stream: the order within a stream is all that counts.
struct OutgoingQueue {
    private var runs: [OutgoingRun] = []
    private var places: [Int]
    private(set) var count = 0

    init(streams: Int) { places = Array(repeating: -1, count: streams) }

    var isEmpty: Bool { count == 0 }

    mutating func append(_ message: Message, stream: Int) {
        count += 1
        if places[stream] < 0 {
            places[stream] = runs.count
            runs.append(OutgoingRun(stream: stream, messages: [message]))
        } else {
            runs[places[stream]].messages.append(message)
        }
    }

    /// Puts runs, in order, before all that waits.
    mutating func putBack(_ back: [OutgoingRun]) {
        if back.isEmpty { return }
        let waiting = takeAll()
        for run in back + waiting {
            for message in run.messages { append(message, stream: run.stream) }
        }
    }

    /// Takes at most so many messages.
    mutating func take(_ limit: Int) -> [OutgoingRun] {
        if count <= limit { return takeAll() }
        var taken: [OutgoingRun] = []
        var room = limit
        for index in runs.indices where room > 0 {
            let part = min(room, runs[index].messages.count)
            if part == 0 { continue }
            taken.append(OutgoingRun(stream: runs[index].stream, messages: Array(runs[index].messages.prefix(part))))
            runs[index].messages.removeFirst(part)
            room -= part
            count -= part
        }
        dropEmptyRuns()
        return taken
    }

    mutating func takeAll() -> [OutgoingRun] {
        let all = runs
        for run in runs { places[run.stream] = -1 }
        runs = []
        count = 0
        return all
    }

    private mutating func dropEmptyRuns() {
        for run in runs { places[run.stream] = -1 }
        runs.removeAll { $0.messages.isEmpty }
        for (index, run) in runs.enumerated() { places[run.stream] = index }
    }
}
