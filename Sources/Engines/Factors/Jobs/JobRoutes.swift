import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Wire

extension FactorEngine {
    private static let answer = """
        {"job_id":"0197","state":"running","created":"2024-01-02T00:00:00Z","factors":1500,"done":640,"progress":0.43,\
        "empty":12,"errors":0,"timeframe":"1d","symbols":20,"ts":"2024-01-02T00:00:00Z","data_version":"9f86d081",\
        "detail":""}
        """

    var jobRoutes: [Route] { [batchRoute, jobRoute, cancelRoute, valuesRoute] }

    private var batchRoute: Route {
        .json(.post, "/factors/batch",
              "Calculates many factors at one date behind what is asked live; the job goes on after a restart.",
              example: #"{"symbols":["AAPL","MSFT","KO"],"catalog_filter":{"source":"bars"},"as_of":"2012-12-31"}"#,
              answer: Self.answer, status: 202, errors: [429, 503]
        ) { [unowned self] (_: NoParameters, body: JobBody, _) in
            let names = try body.choice.resolve(try await stored.found(), limit: FactorJob.factorLimit)
            try body.requireGroups(of: names)
            let job = FactorJob(
                id: context.identifiers.nextText(), created: context.clock.now, timeframe: body.bars.timeframe,
                symbols: body.bars.symbols, asOf: body.bars.asOf, factors: names, groups: body.bars.groups)
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
              "Values of a job's factors as far as they are done, with what they were made of.",
              answer: """
                {"job_id":"0197","ts":"2024-01-02T00:00:00Z","data_version":"9f86d081","symbols":["AAPL","MSFT"],\
                "items":[{"factor":"zscore.21.rank@bars.close","expression_hash":"4e07408562","values":[1,0.5]}],\
                "next_cursor":null}
                """, errors: [404]) { [unowned self] (query: JobValuesQuery, _: NoBody, _) in
            try await jobs.values(try job(query.id), from: query.start, limit: query.page.limit)
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

/// Which values of a job.
struct JobValuesQuery: RequestParameters {
    let id: String, page: PageParameters, start: Int

    static func read(_ parameters: ParameterReader) -> JobValuesQuery {
        let id = parameters.path("job_id", "What POST /factors/batch answered."), page = PageParameters.read(parameters)
        let start = page.cursor.map { Int($0) ?? -1 } ?? 0
        parameters.require(start >= 0, "cursor", "must be the next_cursor of a page before")
        return JobValuesQuery(id: id, page: page, start: max(0, start))
    }
}
