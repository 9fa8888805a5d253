import EngineKit
import HTTP
import Market
import Quant
import Wire

/// Many factors over many instruments at one date, worked on in blocks.
struct FactorJob: Sendable {
    /// How far a job is. The last three are final.
    enum State: String, Sendable { case queued, running, finished, cancelled, failed }

    /// Factors of a block: what is stored at once and not done again after a crash.
    static let blockSize = 64
    /// Most factors of a job, and values of it.
    static let factorLimit = 200_000, valueLimit = 50_000_000

    let id: String, created: Timestamp, timeframe: Timeframe
    /// Empty for every symbol that is stored when the job begins; then those.
    var symbols: [Symbol]
    let asOf: Timestamp?
    /// Ids of the catalogue and expressions.
    let factors: [String]
    /// The group of each symbol, by grouping.
    var groups: [Grouping: [String: String]] = [:]
    /// Over what its factors are calculated: values of the same universe make one history.
    let universe: String
    /// The run under way or done; 0 before the first, and in jobs of builds that kept values in the records.
    var run = 0
    var state = State.queued
    var done = 0
    /// Factors without a single value, and those that this version does not know.
    var empty = 0, failed = 0
    /// Time of the values; nil until it is known.
    var time: Timestamp?
    /// Digest of the bars that were read.
    var dataVersion = ""
    var detail = ""

    init(
        id: String, created: Timestamp, timeframe: Timeframe, symbols: [Symbol], asOf: Timestamp?, factors: [String],
        groups: [Grouping: [String: String]] = [:], universe: String
    ) {
        self.id = id
        self.created = created
        self.timeframe = timeframe
        self.symbols = symbols
        self.asOf = asOf
        self.factors = factors
        self.groups = groups
        self.universe = universe
    }

    /// `stored` for every stored symbol, else a digest of the symbols and their groups, in whatever order they came.
    static func universe(
        _ symbols: [Symbol], _ groups: [Grouping: [String: String]], _ digest: ([UInt8]) -> [UInt8]
    ) -> String {
        if symbols.isEmpty && groups.isEmpty { return "stored" }
        let names = symbols.map(\.text).sorted() + groups.flatMap { grouping, names in
            names.map { "\(grouping.rawValue) \($0.key) \($0.value)" }
        }.sorted()
        return hexadecimal(digest(Array(names.joined(separator: "\n").utf8)).prefix(8))
    }

    var isOver: Bool { state == .finished || state == .cancelled || state == .failed }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("job_id", id)
            json.field("state", state.rawValue)
            json.field("created", created)
            json.field("factors", factors.count)
            json.field("done", done)
            json.field("progress", factors.isEmpty ? 1 : Double(done) / Double(factors.count))
            json.field("empty", empty)
            json.field("errors", failed)
            json.field("timeframe", timeframe.rawValue)
            json.field("symbols", symbols.count)
            json.field("universe", universe)
            json.key("ts")
            if let time { json.time(time) } else { json.null() }
            json.field("data_version", dataVersion)
            json.field("detail", detail)
        }
    }
}

/// What a job is asked to do.
struct JobBody: RequestBody {
    let bars: PanelBody, choice: FactorChoice

    static func read(_ fields: FieldReader) -> JobBody {
        let bars = PanelBody.read(fields)
        fields.require(bars.panel == nil, "panel", "cannot be sent to a job, which must find its bars again after a "
            + "crash; store them with POST /market-data/import")
        fields.require(bars.from == nil, "from", "a job calculates one date; send as_of")
        fields.require(bars.to == nil, "to", "a job calculates one date; send as_of")
        return JobBody(bars: bars, choice: FactorChoice.read(fields, limit: FactorJob.factorLimit))
    }

    /// Refuses groups that are missing where the symbols are known already; of a whole universe a symbol without a
    /// group has nulls.
    func requireGroups(of names: [String]) throws(Problem) {
        try FactorGroups.require(bars.groups, of: bars.symbols.map(\.text), for: FactorName.written(names))
    }
}

/// A job as an answer.
struct JobAnswer: ResponseBody {
    let job: FactorJob
    var status = 200

    func write(to json: inout JSONWriter) { job.write(to: &json) }
}
