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
    private struct Waiting {
        let stream: Int
        var messages: [Message]
        /// How many of them are gone.
        var taken = 0
    }

    private var runs: [Waiting] = []
    private var places: [Int]
    private(set) var count = 0

    init(streams: Int) { places = Array(repeating: -1, count: streams) }

    var isEmpty: Bool { count == 0 }

    mutating func append(_ message: Message, stream: Int) {
        append(contentsOf: CollectionOfOne(message), stream: stream)
    }

    mutating func append(contentsOf messages: some Collection<Message>, stream: Int) {
        count += messages.count
        if places[stream] < 0 {
            places[stream] = runs.count
            runs.append(Waiting(stream: stream, messages: Array(messages)))
        } else {
            runs[places[stream]].messages.append(contentsOf: messages)
        }
    }

    /// Puts runs, in order, before all that waits.
    mutating func putBack(_ back: [OutgoingRun]) {
        if back.isEmpty { return }
        let waiting = takeAll()
        for run in back + waiting { append(contentsOf: run.messages, stream: run.stream) }
    }

    /// Takes at most so many messages.
    mutating func take(_ limit: Int) -> [OutgoingRun] {
        if count <= limit { return takeAll() }
        var out: [OutgoingRun] = []
        var room = limit
        for index in runs.indices where room > 0 {
            let first = runs[index].taken, part = min(room, runs[index].messages.count - first)
            out.append(OutgoingRun(
                stream: runs[index].stream, messages: Array(runs[index].messages[first..<first + part])))
            runs[index].taken += part
            if runs[index].taken >= 4096 {
                runs[index].messages.removeFirst(runs[index].taken)
                runs[index].taken = 0
            }
            room -= part
        }
        count -= limit - room
        dropEmptyRuns()
        return out
    }

    mutating func takeAll() -> [OutgoingRun] {
        let all = runs.map {
            OutgoingRun(stream: $0.stream, messages: $0.taken == 0 ? $0.messages : Array($0.messages[$0.taken...]))
        }
        for run in runs { places[run.stream] = -1 }
        runs = []
        count = 0
        return all
    }

    private mutating func dropEmptyRuns() {
        for run in runs { places[run.stream] = -1 }
        runs.removeAll { $0.taken == $0.messages.count }
        for (index, run) in runs.enumerated() { places[run.stream] = index }
    }
}
