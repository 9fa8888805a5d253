/// One SQL value. `real(NaN)` is stored as NULL by every adapter; `text` must not hold a zero byte.
public enum SQLValue: Sendable, Equatable {
    /// SQL NULL.
    case null
    /// A 64-bit integer (BIGINT). Booleans are 0 and 1.
    case integer(Int64)
    /// A double (DOUBLE PRECISION).
    case real(Double)
    /// UTF-8 text.
    case text(String)
    /// Bytes (BYTEA).
    case blob([UInt8])
}

extension SQLValue: ExpressibleByNilLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    /// NULL.
    public init(nilLiteral: ()) { self = .null }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A real.
    public init(floatLiteral value: Double) { self = .real(value) }
    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// 0 or 1.
    public init(booleanLiteral value: Bool) { self = .integer(value ? 1 : 0) }
}

/// A Swift type that can be sent to and read from a SQL column.
public protocol SQLConvertible {
    /// The value as SQL.
    var sqlValue: SQLValue { get }
    /// Reads it back; nil where the SQL value is of another type or out of range.
    init?(sqlValue: SQLValue)
}

extension Int64: SQLConvertible {
    /// The value as SQL.
    public var sqlValue: SQLValue { .integer(self) }
    /// Reads an integer.
    public init?(sqlValue: SQLValue) {
        guard case .integer(let value) = sqlValue else { return nil }
        self = value
    }
}

extension Int: SQLConvertible {
    /// The value as SQL.
    public var sqlValue: SQLValue { .integer(Int64(self)) }
    /// Reads an integer.
    public init?(sqlValue: SQLValue) {
        guard case .integer(let value) = sqlValue else { return nil }
        self = Int(value)
    }
}

extension Bool: SQLConvertible {
    /// 0 or 1.
    public var sqlValue: SQLValue { .integer(self ? 1 : 0) }
    /// Reads an integer; any but 0 is true.
    public init?(sqlValue: SQLValue) {
        guard case .integer(let value) = sqlValue else { return nil }
        self = value != 0
    }
}

extension Double: SQLConvertible {
    /// The value as SQL; NaN becomes NULL.
    public var sqlValue: SQLValue { isNaN ? .null : .real(self) }
    /// Reads a real, or an integer widened.
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .real(let value): self = value
        case .integer(let value): self = Double(value)
        default: return nil
        }
    }
}

extension String: SQLConvertible {
    /// The value as SQL.
    public var sqlValue: SQLValue { .text(self) }
    /// Reads a text.
    public init?(sqlValue: SQLValue) {
        guard case .text(let value) = sqlValue else { return nil }
        self = value
    }
}

extension Int128: SQLConvertible {
    /// Decimal text: no SQL integer holds 128 bits in both dialects.
    public var sqlValue: SQLValue { .text(String(self)) }
    /// Reads decimal text or an integer.
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .integer(let value): self.init(value)
        case .text(let value): self.init(value)
        default: return nil
        }
    }
}

extension [UInt8]: SQLConvertible {
    /// The value as SQL.
    public var sqlValue: SQLValue { .blob(self) }
    /// Reads bytes.
    public init?(sqlValue: SQLValue) {
        guard case .blob(let value) = sqlValue else { return nil }
        self = value
    }
}

extension Optional: SQLConvertible where Wrapped: SQLConvertible {
    /// The wrapped value, or NULL.
    public var sqlValue: SQLValue { map(\.sqlValue) ?? .null }
    /// NULL reads as nil; any other value must suit the wrapped type.
    public init?(sqlValue: SQLValue) {
        if sqlValue == .null {
            let absent: Wrapped? = nil
            self = absent
        } else {
            guard let value = Wrapped(sqlValue: sqlValue) else { return nil }
            self = .some(value)
        }
    }
}
