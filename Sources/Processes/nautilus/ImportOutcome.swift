import HTTP
import Hosting
import Market
import Runtime
import Wire

/// What storing a CSV file did, by the market data engine's answer.
struct ImportOutcome {
    /// Refused rows that are told one by one.
    private static let told = 20

    var stored = 0, rejectedCount = 0
    var rejected: [(line: Int, reason: String)] = []
    /// Columns of the file that were not taken.
    var unused: [String] = []
    /// Rows that were stored and may be wrong.
    var warnings: [(line: Int, reason: String)] = [], warningCount = 0

    /// Another part's, whose lines begin after so many.
    mutating func add(_ other: ImportOutcome, line: Int) {
        stored += other.stored
        rejectedCount += other.rejectedCount
        unused = other.unused
        rejected += other.rejected.map { ($0.line + line, $0.reason) }
        warnings += other.warnings.map { ($0.line + line, $0.reason) }
        warningCount += other.warningCount
    }

    /// Rows that were not sent, by the line of the file.
    mutating func add(repeated rows: [(line: Int, reason: String)]) {
        rejected += rows.prefix(Self.told)
        rejectedCount += rows.count
    }

    /// Tells which columns were not taken, the first refused rows with line and reason, and how many more there are;
    /// then the first rows that may be wrong likewise.
    func tellRejected() {
        if !unused.isEmpty { ProcessRunner.writeError("columns that were not used: \(unused.joined(separator: ", "))") }
        Self.tell(rejected, of: rejectedCount, "")
        Self.tell(warnings, of: warningCount, "warning: ")
    }

    private static func tell(_ rows: [(line: Int, reason: String)], of count: Int, _ kind: String) {
        for row in rows.prefix(told) { ProcessRunner.writeError("\(kind)line \(row.line): \(row.reason)") }
        if count > told { ProcessRunner.writeError("\(kind)… and \(count - told) more") }
    }
}

extension RemoteServices {
    /// Sends CSV to a route that stores rows. Throws `StartError` where the engine does not answer or refuses it.
    @LoopActor func store(_ csv: [UInt8], _ path: String, _ query: String) async throws -> ImportOutcome {
        let request = Request(method: .post, path: path, query: query,
                              headers: ["Host": "localhost", "Content-Type": "text/csv"], body: csv)
        let response: Response
        do throws(PeerError) { response = try await send(request, to: .marketdata, seconds: 120) } catch {
            throw StartError(.unavailable, "the market data engine does not answer: \(error); is the platform up?")
        }
        return try JSONParser().withDocument(response.body) { root in
            if response.status == 401 { throw StartError.noKey }
            if response.status != 200 {
                let detail = root.member("detail")?.string ?? "the engine answered \(response.status)"
                throw StartError(Self.code(response.status), detail)
            }
            var outcome = ImportOutcome()
            outcome.stored = root.member("stored")?.int ?? 0
            outcome.rejectedCount = root.member("rejected_count")?.int ?? 0
            root.member("rejected")?.forEachElement { row in
                outcome.rejected.append((row.member("line")?.int ?? 0, row.member("reason")?.string ?? ""))
            }
            root.member("warnings")?.forEachElement { row in
                outcome.warnings.append((row.member("line")?.int ?? 0, row.member("reason")?.string ?? ""))
            }
            outcome.warningCount = root.member("warning_count")?.int ?? 0
            root.member("unused_columns")?.forEachElement { outcome.unused.append($0.string ?? "") }
            return outcome
        }
    }

    /// What sysexits has for a refusal: what was sent is wrong, one may not, or the engine cannot now.
    private static func code(_ status: Int) -> StartError.Code {
        switch status {
        case 400, 413, 415, 422: .data
        case 401, 403: .noPermission
        case 502, 503, 504: .unavailable
        default: .software
        }
    }
}
