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

    /// Another part's, whose lines begin after so many.
    mutating func add(_ other: ImportOutcome, line: Int) {
        stored += other.stored
        rejectedCount += other.rejectedCount
        unused = other.unused
        rejected += other.rejected.map { ($0.line + line, $0.reason) }
    }

    /// Tells which columns were not taken, the first refused rows with line and reason, and how many more there are.
    func tellRejected() {
        if !unused.isEmpty { ProcessRunner.writeError("columns that were not used: \(unused.joined(separator: ", "))") }
        for row in rejected.prefix(Self.told) { ProcessRunner.writeError("line \(row.line): \(row.reason)") }
        if rejectedCount > Self.told { ProcessRunner.writeError("… and \(rejectedCount - Self.told) more") }
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
