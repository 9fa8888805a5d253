/// Why a store refused or failed: a code to decide on, where it happened, and the text of what lies underneath.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which rule of the schema a statement broke.
    public enum Constraint: Sendable, Hashable {
        /// A primary key or unique index already holds the key: an idempotency clash is this one.
        case unique
        /// A row that is referred to does not exist, or is still referred to.
        case foreignKey
        /// A column that must have a value was given none.
        case notNull
        /// A CHECK expression was false.
        case check
        /// Any other rule (exclusion, trigger).
        case other
    }

    /// What a caller can decide on.
    public enum Code: Sendable, Hashable {
        /// The server is away; nothing was done, and the same call may be made again.
        case unavailable
        /// A bounded queue is full or a lock was not had in time; nothing was done, try later.
        case busy
        /// A statement changed another number of rows than it expected; everything was rolled back.
        case conflict
        /// A rule of the schema was broken; everything was rolled back.
        case constraint(Constraint)
        /// The link broke after COMMIT was sent: it may or may not have happened. Retry idempotently.
        case outcomeUnknown
        /// The folder, file or session does not permit writing.
        case readOnly
        /// No room left on the device, or a size limit was reached; nothing was done.
        case diskFull
        /// The file is not a database or is damaged.
        case corrupted
        /// Another process holds the data folder.
        case locked
        /// The statement cannot be run: its syntax, a table or column that does not exist, or a wrong parameter.
        case invalidStatement
        /// Input that breaks the port's rules (times not rising, columns of different lengths, a bad name).
        case invalidInput
        /// The series, column or file does not exist.
        case notFound
        /// A value in a result is of another type than was asked for.
        case typeMismatch
        /// A migration differs from the one applied before, or the list is out of order.
        case migration
        /// The store is closed.
        case closed
        /// Any other failure of the device or of the library.
        case io
    }

    /// What to decide on.
    public let code: Code
    /// What was being done: a statement, a series key, a path.
    public let context: String
    /// The underlying library's own words; empty where the store itself refused.
    public let underlying: String

    /// Makes an error; `context` says what was being done, `underlying` is the library's text.
    public init(_ code: Code, _ context: String, underlying: String = "") {
        self.code = code
        self.context = context
        self.underlying = underlying
    }

    /// Whether the same call may be made again unchanged because nothing was done.
    public var isRetryable: Bool { code == .unavailable || code == .busy }

    /// One line: code, context and underlying text.
    public var description: String {
        underlying.isEmpty ? "\(code): \(context)" : "\(code): \(context): \(underlying)"
    }
}
