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
