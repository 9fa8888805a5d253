import Wire

/// Values of path and query parameters with which a route can be tried on the sample platform.
enum ParameterExamples {
    private static let byName: [String: String] = [
        "portfolio_id": "sample", "portfolio": "sample", "id": "sample", "symbol": "GOOG", "ticker": "GOOG",
        "symbols": "GOOG,AAPL", "limit_id": "sample-gross", "strategy_id": "sample-cross", "timeframe": "1d",
        "cik": "0000320193", "series": "GDP", "series_id": "GDP", "source": "fred", "provider": "fred",
        "provider_code": "FED", "dataset": "sample", "channel_id": "desk", "rule_id": "reduce-gross",
        "report_type": "daily_risk", "category": "momentum", "view": "overview",
        "name": "ewma_volatility", "file": "swagger-ui.css", "format": "json",
    ]

    /// The example of a parameter, or nil where one would only get in the way: an optional one is best left out.
    static func example(of parameter: ParameterDeclaration, in path: String) -> [UInt8]? {
        guard parameter.required else { return nil }
        switch parameter.schema {
        case .integer(let minimum, _): return Array("\(minimum ?? 1)".utf8)
        case .number(let minimum, _, _): return Array("\(minimum ?? 1)".utf8)
        case .boolean: return Array("true".utf8)
        case .string(let format, let allowed, _):
            let text = if let first = allowed?.first { first } else if format == "date-time" { "2024-01-02T00:00:00Z" }
                else if path.hasPrefix("/redoc") { "redoc.standalone.js" } else { byName[parameter.name] ?? parameter.name }
            var out: [UInt8] = []
            JSONWriter.appendQuoted(text, to: &out)
            return out
        default: return nil
        }
    }
}
