import Market
import Quant
import Wire

/// The models of this engine.
enum ModelName: String, CaseIterable, Sendable {
    /// Log-normal prices with a shrunk drift and exponentially weighted volatility: what others have to beat.
    case price = "drift_volatility_baseline"
    /// Exponentially weighted volatility (RiskMetrics).
    case volatility = "ewma_volatility"

    var kind: String { self == .price ? "price" : "volatility" }
}

/// Whose bars a model was fitted on.
struct Subject: Hashable, Sendable {
    let symbol: Symbol, timeframe: Timeframe
    var text: String { "\(timeframe.rawValue) \(symbol)" }
}

/// One registered fit: a version of a model for an instrument.
struct FittedModel: Sendable {
    let name: ModelName, subject: Subject, version: Int, trained: Timestamp
    /// SHA-256 of the times and closes it was fitted on, in hexadecimal.
    let digest: String
    let observations: Int, first: Timestamp, last: Timestamp
    let parameters: [(name: String, value: Double)]
    /// One step ahead, on closes that the forecast had not seen.
    let metrics: [(name: String, value: Double)]

    /// The reference that predictions bear.
    var reference: ModelReference { ModelReference(name: name, version: "\(version)", trained: trained) }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        for (name, text) in [
            ("name", name.rawValue), ("version", "\(version)"), ("stage", "production"),
            ("symbol", subject.symbol.text), ("timeframe", subject.timeframe.rawValue),
        ] {
            json.key(name)
            json.string(text)
        }
        json.key("trained_at")
        json.time(trained)
        json.key("parameters")
        Self.write(parameters, &json)
        json.key("metrics")
        Self.write(metrics, &json)
        json.key("lineage")
        json.beginObject()
        json.key("data_hash")
        json.string(digest)
        json.key("observations")
        json.int(observations)
        json.key("first")
        json.time(first)
        json.key("last")
        json.time(last)
        json.endObject()
        json.endObject()
    }

    static func write(_ figures: [(name: String, value: Double)], _ json: inout JSONWriter) {
        json.beginObject()
        for figure in figures {
            json.key(figure.name)
            json.double(figure.value)
        }
        json.endObject()
    }
}

/// Which fit a prediction comes from.
struct ModelReference: Sendable {
    let name: ModelName, version: String, trained: Timestamp

    /// Of a fit on what a request sent, which is not registered.
    static func inline(_ name: ModelName, at time: Timestamp) -> ModelReference {
        ModelReference(name: name, version: "inline", trained: time)
    }

    func write(to json: inout JSONWriter) {
        json.key("model")
        json.beginObject()
        json.key("name")
        json.string(name.rawValue)
        json.key("version")
        json.string(version)
        json.key("trained_at")
        json.time(trained)
        json.endObject()
    }
}
