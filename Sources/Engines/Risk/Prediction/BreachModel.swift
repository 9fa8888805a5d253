import EngineKit
import Market
import Models
import Quant
import Wire

/// Which limit of which portfolio, or of which group by its scope's text; predictions are of one each.
struct LimitKey: Hashable, Sendable, Comparable {
    let portfolio: String, limit: String

    static func < (a: LimitKey, b: LimitKey) -> Bool { (a.portfolio, a.limit) < (b.portfolio, b.limit) }
}

/// A fitted model of breaches, with what was found out about it. Fits logistic regression and boosted trees, and keeps the
/// better one by the Brier score of forecasts that walk forward in time.
struct BreachModel: Sendable {
    /// How many checks ahead is looked.
    static let horizon = 60
    /// Fewer rows or breaches of one's own, and made-up histories judge.
    static let leastRows = 500, leastEvents = 20

    enum Kind: String, Sendable { case logistic, trees = "boosted_trees" }

    let version: Int, fitted: Timestamp
    let kind: Kind
    let logistic: LogisticRegression
    let trees: (any BoostedTrees)?
    /// The model's quality as a JSON object, and whether it beats the base rate.
    let quality: [UInt8], isShown: Bool

    /// One limit's probability of a breach, and what each driver adds to its log odds.
    struct Prediction: Sendable, Equatable {
        let probability: Double, contributions: [Double]
    }

    /// Probabilities of several limits at once.
    func predict(_ drivers: [BreachDrivers]) throws -> [Prediction] {
        guard kind == .trees, let trees, !drivers.isEmpty else {
            return drivers.map {
                Prediction(probability: logistic.probability($0.values), contributions: logistic.contributions($0.values))
            }
        }
        let rows = FeatureRows(width: BreachSamples.width, values: drivers.flatMap { $0.values.map { Float($0) } })
        let parts = try trees.contributions(rows)
        return zip(try trees.probabilities(rows), parts).map {
            Prediction(probability: $0, contributions: Array($1.dropLast()))
        }
    }

    // MARK: Fitting

    /// Fits both on made-up histories and on one's own, and judges them. nil where there is not one breach to learn from.
    static func fit(
        own: BreachSamples, version: Int, at time: Timestamp, seed: UInt64 = 17, booster: any TreeBooster
    ) throws -> BreachModel? {
        let made = BreachSimulation(seed: seed).samples(series: 64, checks: 4000, horizon: horizon, every: 10)
        let isOwn = own.count >= leastRows && own.breached.count { $0 } >= leastEvents
        let (judged, always) = isOwn ? (own, made) : (made, BreachSamples())
        func quality(_ fit: (BreachSamples) throws -> WalkForward.Forecast?) throws -> ForecastQuality? {
            try WalkForward.quality(of: judged, horizon: horizon, always: always, fit: fit)
        }
        let plain = try quality { training in
            Self.logistic(training).map { model in
                { rows in (0..<rows.count).map { model.probability(rows.row($0)) } }
            }
        }
        // Without the library the logistic model stands alone, and the answer says why.
        let grown: ForecastQuality?, fault: String?
        do {
            grown = try quality { training in
                let trees = try booster.fit(Self.rows(training), labels: training.breached, BoostingParameters())
                return { rows in try trees.probabilities(Self.rows(rows)) }
            }
            fault = nil
        } catch {
            (grown, fault) = (nil, "\(error)")
        }
        var all = made
        all.add(own)
        guard let plain, let logistic = logistic(all) else { return nil }
        let trees = grown == nil ? nil : try? booster.fit(rows(all), labels: all.breached, BoostingParameters())
        let kind: Kind = trees != nil && (grown?.brier ?? .infinity) < plain.brier ? .trees : .logistic
        let best = kind == .trees ? grown ?? plain : plain
        var json = JSONWriter()
        json.object { json in
            json.field("evaluated_on", isOwn ? "stored" : "simulated")
            json.object("rows") { json in
                json.field("simulated", made.count)
                json.field("stored", own.count)
            }
            json.field("library", booster.library)
            if let fault { json.field("library_fault", fault) }
            json.object("candidates") { json in
                json.key("logistic")
                plain.write(to: &json)
                json.key("boosted_trees")
                if let grown { grown.write(to: &json) } else { json.null() }
            }
        }
        return BreachModel(
            version: version, fitted: time, kind: kind, logistic: logistic, trees: trees, quality: json.bytes,
            isShown: best.beatsBaseRate)
    }

    private static func logistic(_ samples: BreachSamples) -> LogisticRegression? {
        LogisticRegression(rows: samples.drivers, labels: samples.breached)
    }

    private static func rows(_ samples: BreachSamples) -> FeatureRows {
        FeatureRows(width: BreachSamples.width, values: samples.drivers.map { Float($0) })
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", kind.rawValue)
            json.field("version", version)
            json.field("fitted_at", fitted)
            json.field("beats_base_rate", isShown)
            json.key("quality")
            json.raw(quality)
        }
    }
}

extension ForecastQuality {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("forecasts", count)
            json.field("breaches", events)
            json.field("clusters", clusters)
            json.field("brier", brier)
            json.field("base_rate_brier", baseBrier)
            json.field("skill", skill)
            json.field("significance", significance)
            json.field("calibration_error", calibrationError)
            json.field("beats_base_rate", beatsBaseRate)
            json.array("reliability", bins) { json, bin in
                json.object { json in
                    json.field("from", bin.from)
                    json.field("forecasts", bin.count)
                    json.field("predicted", bin.predicted)
                    json.field("observed", bin.observed)
                }
            }
        }
    }
}
