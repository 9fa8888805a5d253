import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Wire

/// `POST /api/v1/analytics/aggregate`: buckets of a series, and fewer points of it.
extension AnalyticsEngine {
    private static let aggregateExample = """
        {"series":{"ts":["2024-01-02T14:30:00Z","2024-01-02T14:31:00Z","2024-01-02T14:36:00Z"],\
        "columns":{"price":[10,10.5,10.2],"size":[100,50,75]}},"bucket":"5m","functions":["ohlc","sum","p95"]}
        """

    private static let aggregateAnswer = """
        {"ts":["2024-01-02T14:30:00Z","2024-01-02T14:35:00Z"],"columns":{"price.first":[10,10.2],"price.max":[10.5,10.2]},\
        "points_in":3,"points_out":2,"conventions":{"bucket":"counted from the epoch in UTC; empty ones are left out",\
        "stddev":"ddof 1",\
        "quantiles":"linear up to 256 values, else the value of rank ⌊q(n − 1)⌋ within 1 % by DDSketch"}}
        """

    var aggregateRoute: Route {
        .json(.post, "/api/v1/analytics/aggregate",
              "Aggregates of a series by buckets of time, or at most so many points that look like all of it.",
              example: Self.aggregateExample, answer: Self.aggregateAnswer, tabular: true) {
            [unowned self] (_: NoParameters, body: AggregateBody, _) in
            guard let series = body.series else { throw Problem.invalid("/series", "is required") }
            return await context.compute(over: series.times.count * (body.functions.count + 1)) {
                AggregateAnswer(series, body)
            }
        }
    }
}

/// The aggregated columns.
struct AggregateAnswer: ResponseBody {
    let times: [Int64], columns: [(name: String, values: [Double])], pointsIn: Int

    init(_ series: SeriesBody, _ body: AggregateBody) {
        pointsIn = series.times.count
        var times = series.times, columns = series.columns
        if let length = body.length {
            let buckets = TimeBuckets(times, length: length)
            columns = columns.flatMap { column in
                body.functions.map { function in
                    ("\(column.name).\(function.rawValue)", buckets.ranges.map { function.value(column.values[$0]) })
                }
            }
            times = buckets.starts
        }
        if let limit = body.limit, let first = columns.first, times.count > limit {
            let kept = Downsampling.largestTriangles(times, first.values, limit: limit)
            columns = columns.map { column in (column.name, kept.map { column.values[$0] }) }
            times = kept.map { times[$0] }
        }
        self.times = times
        self.columns = columns
    }

    var table: Table? { Table(times: times, columns: columns) }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.array("ts", times) { $0.time(Timestamp(nanoseconds: $1)) }
            json.object("columns") { json in
                for column in columns { json.array(column.name, column.values) { $0.double($1) } }
            }
            json.field("points_in", pointsIn)
            json.field("points_out", times.count)
            json.object("conventions") { json in
                json.key("bucket")
                json.string("counted from the epoch in UTC; empty ones are left out")
                json.key("stddev")
                json.string("ddof 1")
                json.key("quantiles")
                json.string("linear up to \(BucketFunction.exactCount) values, else the value of rank ⌊q(n − 1)⌋ "
                    + "within 1 % by DDSketch")
                json.key("max_points")
                json.string("largest triangles of the first column; all columns keep the same rows")
            }
        }
    }
}
