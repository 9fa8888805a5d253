import EngineKit
import HTTP
import Market
import Wire

/// Values of some of a job's factors at its date.
struct JobValues: ResponseBody {
    struct Item: Sendable {
        /// As the job names it, and a digest of what was calculated; empty where that is not known.
        let factor: String, hash: String
        /// An item a symbol of the job.
        let values: [Double]
        /// The run of another job that has calculated them again; nil where they are as this job left them.
        let restated: JobRun?
    }

    let job: FactorJob, items: [Item], next: Int?

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
                    if let run = item.restated {
                        json.object("restated") { json in
                            json.field("job_id", run.job)
                            json.field("data_version", run.dataVersion)
                        }
                    }
                }
            }
        }
    }

    /// One row: a column for each factor and symbol, named `factor/symbol`.
    var table: Table? {
        guard let time = job.time else { return Table(times: [], columns: []) }
        return Table(times: [time.nanoseconds], columns: items.flatMap { item in
            zip(job.symbols, item.values).map { (name: "\(item.factor)/\($0)", values: [$1]) }
        })
    }
}

/// One factor over the dates that jobs over the same universe have calculated.
struct FactorHistory: ResponseBody {
    struct Day: Sendable {
        let time: Timestamp
        /// What made it; the digest is empty where that is not known.
        let run: JobRun, hash: String
        /// An item a symbol; NaN where the run had none of it.
        let values: [Double]
    }

    let job: FactorJob, factor: String, symbols: [Symbol], days: [Day]

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("factor", factor)
            json.field("universe", job.universe)
            json.field("timeframe", job.timeframe.rawValue)
            json.strings("symbols", symbols.map(\.text))
            json.array("ts", days) { json, day in json.time(day.time) }
            json.array("values", days) { json, day in json.doubles(day.values) }
            json.array("lineage", days) { json, day in
                json.object { json in
                    json.field("job_id", day.run.job)
                    json.field("data_version", day.run.dataVersion)
                    json.field("expression_hash", day.hash)
                }
            }
        }
    }

    /// A column for each symbol.
    var table: Table? {
        Table(times: days.map(\.time.nanoseconds), columns: symbols.enumerated().map { place, symbol in
            (name: symbol.text, values: days.map { $0.values[place] })
        })
    }
}
