import EngineKit
import HTTP
import Market
import Quant

/// Columns over time, of a body.
struct SeriesBody: RequestBody {
    let times: [Int64], columns: [(name: String, values: [Double])]

    static func read(_ fields: FieldReader) -> SeriesBody {
        let times = fields.times("ts", "Times, strictly rising.")
        let values = fields.numbers("values", "One value a time, null where there is none.", required: false,
                                    nulls: true)
        var columns = fields.numberColumns("columns", "Several columns by name instead of values.", required: false,
                                           nulls: true)
        if values != nil, columns.contains(where: { $0.name == "value" }) {
            fields.refuse(at: ["columns", "value"], "is the name that values are told by")
        }
        if let values { columns.insert(("value", values), at: 0) }
        fields.require(!columns.isEmpty, "values", "is required, or columns")
        for (index, pair) in zip(times, times.dropFirst()).enumerated() where pair.0 >= pair.1 {
            fields.refuse(at: ["ts", "\(index + 1)"], "must be after the time before it")
        }
        if let values { fields.requireAsLong(values, as: "ts", at: "values") }
        for (name, column) in columns.dropFirst(values == nil ? 0 : 1) {
            fields.requireAsLong(column, as: "ts", at: "columns", name)
        }
        return SeriesBody(times: times.map(\.nanoseconds), columns: columns)
    }
}

/// A bucket's length: a name such as `1h`, a number of seconds.
struct AggregateBody: RequestBody {
    let series: SeriesBody?, length: Int64?, functions: [BucketFunction], limit: Int?

    private static let units: [Character: Int64] = [
        "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000,
        "w": 604_800_000_000_000,
    ]

    static func read(_ fields: FieldReader) -> AggregateBody {
        let series = fields.object("series", "What is aggregated.", SeriesBody.self)
        let bucket = fields.optionalString("bucket", "A number and a unit: 30s, 5m, 1h, 1d, 1w.", length: 2...12)
        let names = fields.strings("functions", "first last min max sum mean stddev count median p05 p95, or ohlc for "
            + "first, max, min and last; ohlc unless said.", required: false, limit: 20)
        let limit = fields.optionalInt("max_points", "At most so many points of each column, chosen so that they look "
            + "like all (largest triangles).", 2...100_000)
        var functions: [BucketFunction] = []
        for (index, name) in names.enumerated() {
            let added = name == "ohlc" ? [BucketFunction.first, .max, .min, .last]
                : BucketFunction(rawValue: name).map { [$0] } ?? []
            if let twice = added.first(where: functions.contains) {
                fields.refuse(at: ["functions", "\(index)"], "tells \(twice.rawValue) twice")
            } else if !added.isEmpty {
                functions += added
            } else {
                fields.refuse(at: ["functions", "\(index)"], "is no function; ohlc and "
                    + BucketFunction.allCases.map(\.rawValue).joined(separator: " ") + " are")
            }
        }
        if functions.isEmpty { functions = [.first, .max, .min, .last] }
        let length = bucket.flatMap(Self.length)
        fields.require(bucket == nil || length != nil, "bucket", "must be a whole number of s, m, h, d or w")
        fields.require(bucket != nil || limit != nil, "bucket", "is required, or max_points")
        return AggregateBody(series: series, length: length, functions: functions, limit: limit)
    }

    static func length(_ text: String) -> Int64? {
        guard let last = text.last, let unit = units[last], let number = Int64(text.dropLast()), number > 0,
            text.first?.isNumber == true else { return nil }
        let (length, overflows) = number.multipliedReportingOverflow(by: unit)
        return overflows ? nil : length
    }
}
