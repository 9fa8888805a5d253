import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Wire

extension FactorEngine {
    private static let answer = """
        {"id":"0197","job_id":"0197","state":"running","created":"2024-01-02T00:00:00Z","factors":1500,"done":640,\
        "progress":0.43,\
        "empty":12,"errors":0,"timeframe":"1d","symbols":20,"universe":"stored",\
        "ts?":"2024-01-02T00:00:00Z","data_version":"9f86d081",\
        "detail":""}
        """

    var jobRoutes: [Route] { [batchRoute, jobRoute, cancelRoute, valuesRoute] }

    private var batchRoute: Route {
        .json(.post, "/factors/batch",
              "Calculates many factors at one date behind what is asked live; the job goes on after a restart.",
              example: #"{"symbols":["AAPL","MSFT","KO"],"catalog_filter":{"source":"bars"},"as_of":"2012-12-31"}"#,
              answer: Self.answer, status: 202, errors: [429, 503]
        ) { [unowned self] (_: NoParameters, body: JobBody, _) in
            let names = try await body.choice.resolve(stored, context, limit: FactorJob.factorLimit)
            try body.requireGroups(of: names)
            let bars = body.bars
            let job = FactorJob(
                id: context.identifiers.nextText(), created: context.clock.now, timeframe: bars.timeframe,
                symbols: bars.symbols, asOf: bars.asOf, factors: names, groups: bars.groups,
                universe: FactorJob.universe(bars.symbols, bars.groups, context.digest))
            try await jobs.submit(job)
            return JobAnswer(job: jobs[job.id] ?? job, status: 202)
        }
    }

    private var jobRoute: Route {
        .json(.get, "/factors/jobs/{job_id}", "How far a job is.", answer: Self.answer, errors: [404]) {
            [unowned self] (query: JobPath, _: NoBody, _) in JobAnswer(job: try job(query.id))
        }
    }

    private var cancelRoute: Route {
        .json(.delete, "/factors/jobs/{job_id}", "Cancels a job; what it has done can still be read.",
              answer: Self.answer, errors: [404, 409]) { [unowned self] (query: JobPath, _: NoBody, _) in
            JobAnswer(job: try await jobs.cancel(query.id))
        }
    }

    private var valuesRoute: Route {
        .json(.get, "/factors/jobs/{job_id}/values",
              "Values of a job's factors as far as they are done, with what they were made of; while it runs next_cursor "
              + "is the first that is not done. With factor the history of "
              + "that one instead, over the dates that jobs over the same universe have calculated: ts, values by date "
              + "and symbol, and the lineage of each date.",
              answer: """
                {"job_id":"0197","ts?":"2024-01-02T00:00:00Z","data_version":"9f86d081","symbols":["AAPL","MSFT"],\
                "items":[{"factor":"zscore.21.rank@bars.close","expression_hash":"4e07408562","values":[1,0.5]}],\
                "next_cursor":null}
                """, errors: [404], tabular: true) { [unowned self] (query: JobValuesQuery, _: NoBody, _) in
            let job = try job(query.id)
            guard let factor = query.factor else {
                return JobValuesAnswer.page(try await jobs.values(job, from: query.start, limit: query.page.limit))
            }
            return .history(try await jobs.history(
                job, factor, from: query.from, to: query.to, symbols: query.symbols))
        }
    }

    private func job(_ id: String) throws(Problem) -> FactorJob {
        guard let job = jobs[id] else { throw Problem.notFound("there is no job \(id)") }
        return job
    }
}

/// The job of a path.
struct JobPath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> JobPath {
        JobPath(id: parameters.path("job_id", "What POST /factors/batch answered."))
    }
}

/// Which values of a job: a page of its factors at its date, or one factor over dates.
struct JobValuesQuery: RequestParameters {
    let id: String, page: PageParameters, start: Int
    let factor: String?, from: Timestamp?, to: Timestamp?, symbols: [Symbol]?

    static func read(_ parameters: ParameterReader) -> JobValuesQuery {
        let id = parameters.path("job_id", "What POST /factors/batch answered."), page = PageParameters.read(parameters)
        let start = page.cursor.map { Int($0) ?? -1 } ?? 0
        parameters.require(start >= 0, "cursor", "must be the next_cursor of a page before")
        let factor = parameters.optionalText("factor", "One of the job's factors: its history instead of a page.")
        let from = parameters.optionalTime("from", "The first date of a history.")
        let to = parameters.optionalTime("to", "The last date of a history.")
        let named = parameters.optionalText("symbols", "Symbols of a history with commas between; the job's unless said.")
        parameters.require(factor != nil || (from == nil && to == nil && named == nil), "factor",
                           "must be there with from, to and symbols, which are of a history")
        if let from, let to { parameters.require(from <= to, "to", "must not be before from") }
        let symbols = named?.split(separator: ",").map { Symbol(String($0)) }
        parameters.require(symbols.map { !$0.isEmpty && !$0.contains(nil) } != false, "symbols",
                           "must be symbols, each 1 to 32 of A-Z a-z 0-9 . _ : / -")
        return JobValuesQuery(
            id: id, page: page, start: max(0, start), factor: factor, from: from, to: to,
            symbols: symbols?.compactMap { $0 })
    }
}

/// The one or the other.
enum JobValuesAnswer: ResponseBody {
    case page(JobValues)
    case history(FactorHistory)

    func write(to json: inout JSONWriter) {
        switch self {
        case .page(let values): values.write(to: &json)
        case .history(let history): history.write(to: &json)
        }
    }

    var table: Table? {
        switch self {
        case .page(let values): values.table
        case .history(let history): history.table
        }
    }
}
