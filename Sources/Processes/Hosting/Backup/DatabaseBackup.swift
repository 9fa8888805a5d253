import Glibc
import Runtime
import StorePostgres

/// Nautilus's schemas of a PostgreSQL database, by PostgreSQL's own programs: `pg_dump`, `pg_restore` and `psql`.
struct DatabaseBackup {
    static let file = "database.dump"
    static let schemas = EngineName.allCases.map(\.rawValue) + Stores.seriesSchemas.values.sorted()
    private let variables: [String: String]

    init(url: String) throws(StartError) {
        guard let variables = PostgresEnvironment.variables(url: url) else {
            throw StartError(.configuration, "NAUTILUS_DATABASE_URL is not a PostgreSQL URL")
        }
        self.variables = variables.merging(["PGAPPNAME": "nautilus_backup"]) { $1 }
    }

    /// The server's version, for example 15.3. Throws where a program is not there or is older than the server.
    func check(_ program: String, folder: String) throws(StartError) -> String {
        let server = try ask("SHOW server_version", folder: folder)
        let told = String(decoding: try Program.output(program, ["--version"], folder: folder), as: UTF8.self)
        guard let own = told.split(separator: " ").compactMap({ Self.major($0) }).first,
            let wanted = Self.major(server[...])
        else { throw StartError(.unavailable, "\(program) tells no version: \(told)") }
        if own < wanted {
            throw StartError(.unavailable, "\(program) is of version \(own), the server of \(wanted); install the newer client")
        }
        return server.split(separator: " ").first.map(String.init) ?? server
    }

    private static func major(_ text: Substring) -> Int? { text.first?.isNumber == true ? Int(text.prefix { $0.isNumber }) : nil }

    /// All schemas in one snapshot, in the custom format.
    func dump(to file: String) throws(StartError) {
        try Program.run(
            "pg_dump", ["--format=custom", "--no-owner", "--no-privileges", "--file=\(file)"]
                + Self.schemas.map { "--schema=\($0)" }, variables)
    }

    /// The ledger as it is in a dump: what was backed up, not what is there now.
    func digest(ofDump file: String, folder: String) throws(StartError) -> LedgerDigest {
        let text = try Program.output(
            "pg_restore", ["--data-only", "--schema=portfolio", "--table=transactions", "--file=-", file], folder: folder)
        return try LedgerDump(text).digest()
    }

    /// The ledger as it is in the database.
    func digest(folder: String) throws(StartError) -> LedgerDigest {
        let has = try ask("SELECT to_regclass('portfolio.transactions') IS NOT NULL", folder: folder)
        if has != "t" { return LedgerDigest(lines: []) }
        let query = LedgerDigest.query.replacing("FROM transactions", with: "FROM portfolio.transactions")
        return LedgerDigest(lines: try psql(["-c", "COPY (\(query)) TO STDOUT"], folder: folder))
    }

    /// Puts a dump in the place of what is there, in one transaction. Throws, and changes nothing, where schemas are
    /// there and are not to be replaced, or where engines are connected.
    func restore(_ file: String, replacing: Bool, folder: String) throws(StartError) {
        let busy = try ask(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'nautilus-%' AND datname = current_database()",
            folder: folder)
        if busy != "0" { throw StartError(.temporary, "\(busy) links of running engines are open; stop them first") }
        let names = Self.schemas.map { "'\($0)'" }.joined(separator: ", ")
        let there = try ask(
            "SELECT string_agg(nspname, ', ') FROM pg_namespace WHERE nspname IN (\(names))", folder: folder)
        if !there.isEmpty && !replacing {
            throw StartError(.cannotCreate, "the database has the schemas \(there); --force replaces them")
        }
        let script = "\(folder)/.restore-\(getpid()).sql"
        defer { unlink(script) }
        try Program.run("pg_restore", ["--no-owner", "--no-privileges", "--file=\(script)", file], variables)
        let drops = Self.schemas.flatMap { ["-c", "DROP SCHEMA IF EXISTS \"\($0)\" CASCADE"] }
        _ = try psql(["-q", "--single-transaction"] + drops + ["-f", script], folder: folder)
    }

    private func ask(_ sql: String, folder: String) throws(StartError) -> String {
        let bytes = try psql(["-c", sql], folder: folder)
        return String(decoding: bytes.last == 10 ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }

    private func psql(_ arguments: [String], folder: String) throws(StartError) -> [UInt8] {
        try Program.output(
            "psql", ["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1"] + arguments,
            variables.merging(["PGOPTIONS": "-c client_min_messages=warning"]) { $1 }, folder: folder)
    }
}

/// The rows of the ledger's table in the text of a dump, whose columns may come in another order.
struct LedgerDump {
    private let rows: [[Substring]], columns: [Substring]

    init(_ bytes: [UInt8]) throws(StartError) {
        var rows: [[Substring]] = [], columns: [Substring] = [], isInside = false
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("COPY portfolio.transactions (") {
                let list = line.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }
                // Names that are also words of SQL are quoted.
                columns = list.split(separator: ",").map { $0.drop { $0 == " " || $0 == "\"" }.prefix { $0 != "\"" } }
                isInside = true
            } else if line == "\\." {
                isInside = false
            } else if isInside {
                rows.append(line.split(separator: "\t", omittingEmptySubsequences: false))
            }
        }
        self.rows = rows
        self.columns = columns
    }

    func digest() throws(StartError) -> LedgerDigest {
        if columns.isEmpty { return LedgerDigest(lines: []) }
        let wanted = LedgerDigest.columns.split(separator: ",").map { $0.drop { $0 == " " } }
        let places = wanted.compactMap { columns.firstIndex(of: $0) }
        guard places.count == wanted.count, rows.allSatisfy({ $0.count == columns.count }) else {
            throw StartError(.software, "the dump's ledger has other columns")
        }
        let sorted = rows.map { row in places.map { row[$0] } }.sorted { a, b in
            let (x, y) = (Int64(a[0]) ?? 0, Int64(b[0]) ?? 0)
            return x == y ? Array(a[1].utf8).lexicographicallyPrecedes(Array(b[1].utf8)) : x < y
        }
        return LedgerDigest(lines: sorted.flatMap { Array($0.joined(separator: "\t").utf8) + [10] })
    }
}
