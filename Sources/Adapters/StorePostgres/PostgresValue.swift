import CPostgres
import Glibc
import Store

/// Parameters in the form libpq takes: text, and bytes in binary. Their types are left to the server, which knows the
/// columns. Freed by `free`.
struct PostgresParameters {
    private(set) var values: [UnsafePointer<CChar>?] = []
    private(set) var lengths: [Int32] = []
    private(set) var formats: [Int32] = []

    init(_ parameters: [SQLValue]) {
        for parameter in parameters {
            switch parameter {
            case .null: add(nil)
            case .integer(let value): add(strdup(String(value)))
            case .real(let value): add(value.isNaN ? nil : strdup(String(value)))
            case .text(let value): add(strdup(value))
            case .blob(let bytes):
                let copy = UnsafeMutablePointer<CChar>.allocate(capacity: max(1, bytes.count))
                UnsafeMutableRawPointer(copy).copyMemory(from: bytes, byteCount: bytes.count)
                add(copy, length: Int32(bytes.count), format: 1)
            }
        }
    }

    private mutating func add(_ value: UnsafeMutablePointer<CChar>?, length: Int32 = 0, format: Int32 = 0) {
        values.append(value.map { UnsafePointer($0) })
        lengths.append(length)
        formats.append(format)
    }

    func free() {
        for value in values { Glibc.free(UnsafeMutableRawPointer(mutating: value)) }
    }
}

extension ResultSet {
    /// Copies a libpq result.
    init(postgres result: OpaquePointer) {
        let columns = (0..<PQnfields(result)).map { String(cString: PQfname(result, $0)) }
        let types = (0..<PQnfields(result)).map { PQftype(result, $0) }
        var rows: [[SQLValue]] = []
        rows.reserveCapacity(Int(PQntuples(result)))
        for row in 0..<PQntuples(result) {
            rows.append(types.indices.map { column in
                if PQgetisnull(result, row, Int32(column)) != 0 { return .null }
                let count = Int(PQgetlength(result, row, Int32(column)))
                let bytes = UnsafeRawBufferPointer(start: PQgetvalue(result, row, Int32(column)), count: count)
                return SQLValue(postgres: bytes, type: types[column])
            })
        }
        // A SELECT's tag counts the rows it gave: those are no changes.
        let tag = String(cString: PQcmdStatus(result))
        let writes = ["INSERT", "UPDATE", "DELETE", "MERGE"].contains { tag.hasPrefix($0) }
        self.init(columns: columns, rows: rows, changes: writes ? Int(String(cString: PQcmdTuples(result))) ?? 0 : 0)
    }
}

extension SQLValue {
    /// Reads a value in text form by the type's number in PostgreSQL's catalogue.
    init(postgres bytes: UnsafeRawBufferPointer, type: UInt32) {
        let text = String(decoding: bytes, as: UTF8.self)
        switch type {
        case 20, 21, 23, 26:
            self = Int64(text).map(SQLValue.integer) ?? .text(text)
        case 16:
            self = .integer(text == "t" ? 1 : 0)
        case 700, 701:
            let value = Double(text) ?? .nan
            self = value.isNaN ? .null : .real(value)
        case 1700:
            // NUMERIC is what sum and avg of BIGINT give: whole numbers are integers, as SQLite has it.
            self = Int64(text).map(SQLValue.integer) ?? Double(text).map(SQLValue.real) ?? .text(text)
        case 17:
            self = .blob(Self.bytes(hex: bytes))
        default:
            self = .text(text)
        }
    }

    /// Decodes `\x0a1b…`.
    private static func bytes(hex: UnsafeRawBufferPointer) -> [UInt8] {
        func digit(_ byte: UInt8) -> UInt8 { byte >= 97 ? byte - 87 : byte - 48 }
        return stride(from: 2, to: hex.count - 1, by: 2).map { digit(hex[$0]) << 4 | digit(hex[$0 + 1]) }
    }
}
