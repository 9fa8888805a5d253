import CPostgres
import Store

/// What the server said of one statement.
struct PostgresFailure: Error {
    /// SQLSTATE, five characters; empty where the link broke.
    var state: String
    var message: String

    init(result: OpaquePointer) {
        state = PQresultErrorField(result, Self.stateField).map { String(cString: $0) } ?? ""
        let text = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
        message = String(text.prefix { $0 != "\n" })
    }

    /// PG_DIAG_SQLSTATE, a character constant Swift imports as another type.
    private static let stateField = Int32(UInt8(ascii: "C"))

    /// A statement was prepared against tables that have changed since.
    var isStalePlan: Bool { state == "0A000" && message.contains("cached plan") || state == "26000" }

    /// The server ends the connection.
    var isShutdown: Bool { state.hasPrefix("57P") || state.hasPrefix("08") && state != "08P01" }

    func error(_ context: String) -> StoreError {
        StoreError(code, context, underlying: state.isEmpty ? message : "\(message) (SQLSTATE \(state))")
    }

    private var code: StoreError.Code {
        switch state {
        case "23505", "23P01": .constraint(.unique)
        case "23503": .constraint(.foreignKey)
        case "23502": .constraint(.notNull)
        case "23514": .constraint(.check)
        case "25006": .readOnly
        case "53100": .diskFull
        case "08P01", "0A000", "26000": .invalidStatement
        case "40001", "40P01", "55P03", "57014": .busy
        case "53300", "": .unavailable
        case "XX001", "XX002": .corrupted
        default: codeByClass
        }
    }

    private var codeByClass: StoreError.Code {
        switch state.prefix(2) {
        case "23": .constraint(.other)
        case "08", "57": .unavailable
        case "22", "42", "25": .invalidStatement
        case "53": .busy
        default: .io
        }
    }
}
