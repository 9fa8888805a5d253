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
    var state = State.queued
    var done = 0
    /// Factors without a single value, and those that this version does not know.
    var empty = 0, failed = 0
    /// Time of the values; nil until it is known.
    var time: Timestamp?
    /// Digest of the bars that were read.
    var dataVersion = ""
    var detail = ""

    var isOver: Bool { state == .finished || state == .cancelled || state == .failed }

    func write(to json: inout JSONWriter) {
        json.object { json in
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

/// Values of some of a job's factors.
struct JobValues: ResponseBody {
    let job: FactorJob, items: [(factor: String, hash: String, values: [Double])], next: Int?

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("job_id", job.id)
            json.key("ts")
            if let time = job.time { json.time(time) } else { json.null() }
            json.field("data_version", job.dataVersion)
            json.strings("symbols", job.symbols.map(\.text))
            json.page(items, next: next.map { "\($0)" }) { json, item in
                json.object { json in
                    json.field("factor", item.factor)
                    json.field("expression_hash", item.hash)
                    json.key("values")
                    json.doubles(item.values)
                }
            }
        }
    }
}
