import Runtime
import Security

/// A digest over all ledger entries in order: equal where the ledgers are equal, whatever database they are in.
///
/// An entry is one line of the columns below in PostgreSQL's text format of COPY: tabs between, `\N` for a null, a
/// backslash before what would be mistaken. Entries are in the order they were booked.
struct LedgerDigest {
    static let columns = """
        sequence, id, portfolio_id, type, time, currency, symbol, amount, quantity, price, commission, note, recorded
        """
    static let query = "SELECT \(columns) FROM transactions ORDER BY sequence, id"

    let hash: String, entries: Int

    /// Of the lines as PostgreSQL writes them.
    init(lines: [UInt8]) {
        hash = hexadecimal(Digest.sha256(lines))
        entries = lines.reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
    }

    /// Of rows as a database gives them.
    init(rows: [[String?]]) {
        var lines: [UInt8] = []
        for row in rows {
            for (index, field) in row.enumerated() {
                if index > 0 { lines.append(9) }
                Self.append(field, to: &lines)
            }
            lines.append(10)
        }
        self.init(lines: lines)
    }

    /// Whether it is the ledger that a manifest tells of.
    func isTold(by manifest: BackupManifest) -> Bool {
        hash == manifest.ledgerHash && entries == manifest.ledgerEntries
    }

    private static func append(_ field: String?, to out: inout [UInt8]) {
        guard let field else {
            out += [92, 78]
            return
        }
        let letters: [UInt8: UInt8] = [8: 98, 9: 116, 10: 110, 11: 118, 12: 102, 13: 114, 92: 92]
        for byte in field.utf8 {
            if let letter = letters[byte] { out += [92, letter] } else { out.append(byte) }
        }
    }
}
