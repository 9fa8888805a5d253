import Glibc

/// One SQL statement with its parameters, in the part of SQL that SQLite and PostgreSQL share.
public struct Statement: Sendable, Equatable {
    /// The text; parameters are `$1`, `$2` … and may be repeated.
    public var sql: String
    /// `parameters[0]` is `$1`.
    public var parameters: [SQLValue]
    /// Rows it must change, no fewer and no more: otherwise the whole transaction is rolled back and
    /// `StoreError.Code.conflict` is thrown. Nil asks for no check. Optimistic concurrency is built on this.
    public var expectedChanges: Int?

    /// Makes a statement from SQL values (literals are enough).
    public init(_ sql: String, _ parameters: [SQLValue] = [], expectedChanges: Int? = nil) {
        self.sql = sql
        self.parameters = parameters
        self.expectedChanges = expectedChanges
    }

    /// Makes a statement from Swift values.
    public init(_ sql: String, values: any SQLConvertible..., expectedChanges: Int? = nil) {
        self.init(sql, values.map(\.sqlValue), expectedChanges: expectedChanges)
    }
}

extension Statement {
    /// Words that would end or nest the store's own transaction, or change the session.
    private static let refused: Set<String> = [
        "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE", "DEALLOCATE",
        "SET", "RESET", "PRAGMA", "ATTACH", "DETACH", "VACUUM", "COPY", "LISTEN",
    ]

    /// Most parameters of one statement: SQLite's bound.
    public static let parameterLimit = 32_766

    /// Throws `.invalidStatement` where the text would take the transaction out of the store's hands, and
    /// `.invalidInput` where a text parameter holds a zero byte. Adapters call it before they run anything.
    public func check() throws(StoreError) {
        let isSpace = { (byte: UInt8) in byte == 32 || (9...13).contains(byte) }
        let letters = sql.utf8.drop(while: isSpace).prefix { (65...90).contains($0 & 0xdf) }
        let word = String(decoding: letters.map { $0 & 0xdf }, as: UTF8.self)
        guard !word.isEmpty, !Self.refused.contains(word) else {
            throw StoreError(.invalidStatement, sql, underlying: "\(word) is not allowed here")
        }
        guard parameters.count <= Self.parameterLimit else {
            throw StoreError(.invalidStatement, sql, underlying: "\(parameters.count) parameters")
        }
        for case .text(let text) in parameters where Self.holdsZero(text) {
            throw StoreError(.invalidInput, sql, underlying: "a text parameter holds a zero byte")
        }
    }

    private static func holdsZero(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false }
    }

    /// Throws `.conflict` where `changes` is not what was expected.
    public func check(changes: Int) throws(StoreError) {
        guard let expectedChanges, expectedChanges != changes else { return }
        throw StoreError(.conflict, sql, underlying: "changed \(changes) rows, not \(expectedChanges)")
    }
}
