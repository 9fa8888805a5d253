import Bus
import Market
import Runtime
import Store

/// Messages as rows of the table `outbox`.
enum OutboxRows {
    /// Rows that one statement inserts at most: a statement takes longer to begin than a row to write.
    private static let rowsAtOnce = 8

    /// By the number of rows, less one.
    private static let insertTexts = (1...rowsAtOnce).map { count in
        let rows = (0..<count).map { row in
            "(" + (1...10).map { "$\(10 * row + $0)" }.joined(separator: ", ") + ")"
        }
        return "INSERT INTO outbox (id, position, family, key, time, received, sequence, cause, trace, data) VALUES "
            + rows.joined(separator: ", ")
    }

    /// Statements that write messages at their positions, in order.
    static func inserts(_ kept: [(message: Message, position: Int64)]) -> [Statement] {
        stride(from: 0, to: kept.count, by: rowsAtOnce).map { start in
            let part = kept[start..<min(kept.count, start + rowsAtOnce)]
            return Statement(insertTexts[part.count - 1], part.flatMap(row))
        }
    }

    /// A row that tells nobody anything: it is there where the commit that it went with took place.
    static func mark(_ position: Int64, at time: Timestamp, source: String) -> Message {
        Message(
            id: MessageID(UInt128(UInt64(bitPattern: position))), topic: Topic("", ""), time: time, received: time,
            source: source, data: [])
    }

    static func isMark(_ message: Message) -> Bool { message.topic.family.isEmpty }

    private static func row(_ kept: (message: Message, position: Int64)) -> [SQLValue] {
        let message = kept.message
        return [
            .text(hexadecimal(message.id.value)), .integer(kept.position), .text(message.topic.family),
            .text(message.topic.key), .integer(message.time.nanoseconds), .integer(message.received.nanoseconds),
            .integer(Int64(message.sequence)), message.cause.map { .text(hexadecimal($0.value)) } ?? .null,
            message.trace.map { .text($0) } ?? .null, .blob(message.data),
        ]
    }

    /// The message of a row that was read: id, position, family, key, time, received, sequence, cause, trace, data.
    static func message(_ row: ResultSet.Row, source: String) throws(StoreError) -> Message {
        let id: String = try row.value(0), cause: String? = try row.value(7)
        return Message(
            id: MessageID(UInt128(id, radix: 16) ?? 0), topic: Topic(try row.value(2), try row.value(3)),
            time: Timestamp(nanoseconds: try row.value(4)), received: Timestamp(nanoseconds: try row.value(5)),
            source: source, sequence: UInt64(try row.value(6, as: Int64.self)),
            cause: cause.flatMap { UInt128($0, radix: 16) }.map { MessageID($0) }, trace: try row.value(8),
            data: try row.value(9))
    }
}
