import HTTP
import Quant
import Wire

/// How `/risk/var` measures: what limits know, and methods that take more time or more parameters.
enum VarMethod: String, CaseIterable, Sendable {
    case parametric, historical, monteCarlo = "monte_carlo", cornishFisher = "cornish_fisher"
    case filteredHistorical = "filtered_historical", student = "student_t", ageWeighted = "age_weighted"
    case garch = "garch_filtered_historical", gaussianCopula = "gaussian_copula", studentCopula = "t_copula"

    /// Whether paths are drawn.
    var isSimulated: Bool { self == .monteCarlo || isCopula }
    /// Whether every instrument is drawn on every path.
    var isCopula: Bool { self == .gaussianCopula || self == .studentCopula }

    /// How one day becomes several.
    var scaling: String {
        switch self {
        case .parametric, .monteCarlo, .student: "mean times h, deviation times the root of h"
        case .cornishFisher: "mean times h, deviation times the root of h, skew over the root of h, kurtosis over h"
        case .gaussianCopula, .studentCopula: "parametric margins as parametric; empirical ones times the root of h"
        default: "one day's figures times the root of h"
        }
    }
}

/// What a measurement needs beside returns and weights.
struct VarOptions: Sendable {
    var method: VarMethod
    var simulations: Int
    var seed: UInt64
    var decay: Double
    var degrees: Double?
    var margins: CopulaSimulation.Margins
    var isIncremental: Bool
}

/// A measurement with what only some methods tell.
struct VarResult: Sendable {
    let risk: ValueAtRisk
    var valueError: Double?
    var shortfallError: Double?
    var repair: Double?
    var degrees: Double?
    var incremental: [Double]?
}

/// VaR and ES by every method of `/risk/var`.
enum VarMethods {
    /// Methods that need no paths of every instrument.
    static func measure(
        _ options: VarOptions, _ returns: [[Double]], _ weights: [Double], _ settings: ValueAtRisk.Settings
    ) throws(QuantError) -> VarResult {
        let tooLarge = QuantError(.data, "returns times weights and value are too large to be measured")
        let flows = LossMeasures.portfolioReturns(returns, weights: weights)
        guard FlowMoments(flows).variance.isFinite else { throw tooLarge }
        let degrees = options.method == .student
            ? options.degrees ?? ValueAtRisk.studentDegrees(returns: returns, weights: weights) : nil
        var result: VarResult
        if options.method == .monteCarlo {
            let (risk, error) = try ValueAtRisk.simulated(
                returns: returns, weights: weights, simulations: options.simulations, seed: options.seed,
                settings: settings)
            result = VarResult(risk: risk, valueError: error.value, shortfallError: error.shortfall)
        } else {
            result = VarResult(risk: try one(options, returns, weights, settings), degrees: degrees)
        }
        guard result.risk.valueAtRisk.isFinite, result.risk.expectedShortfall.isFinite else { throw tooLarge }
        if options.isIncremental {
            result.incremental = try ValueAtRisk.incremental(weights: weights) { (weights) throws(QuantError) in
                try one(options, returns, weights, settings)
            }
        }
        return result
    }

    private static func one(
        _ options: VarOptions, _ returns: [[Double]], _ weights: [Double], _ settings: ValueAtRisk.Settings
    ) throws(QuantError) -> ValueAtRisk {
        switch options.method {
        case .student:
            return try .student(returns: returns, weights: weights, degrees: options.degrees, settings: settings)
        case .ageWeighted:
            return try .ageWeighted(returns: returns, weights: weights, decay: options.decay, settings: settings)
        case .garch: return try .garchHistorical(returns: returns, weights: weights, settings: settings)
        default:
            return try Measures.tail(
                RiskMethod(rawValue: options.method.rawValue) ?? .parametric, returns, weights, settings,
                simulations: options.simulations, seed: options.seed)
        }
    }

    /// Methods that draw every instrument on every path, on two threads.
    static func simulate(
        _ options: VarOptions, _ returns: [[Double]], _ weights: [Double], _ settings: ValueAtRisk.Settings
    ) async throws -> VarResult {
        let degrees = options.method == .studentCopula
            ? options.degrees ?? ValueAtRisk.studentDegrees(returns: returns, weights: weights) : nil
        func run(_ weights: [Double]) async throws -> SimulatedRisk {
            try await SimulatedRisk.simulate(
                returns: returns, weights: weights, copula: degrees.map { .student(degrees: $0) } ?? .gaussian,
                margins: options.margins, simulations: options.simulations, seed: options.seed, settings: settings)
        }
        let whole = try await run(weights)
        var parts: [Double]?
        if options.isIncremental {
            var found: [Double] = []
            for index in weights.indices {
                var without = weights
                without[index] = 0
                found.append(whole.risk.valueAtRisk - (try await run(without).risk.valueAtRisk))
            }
            parts = found
        }
        return VarResult(
            risk: whole.risk, valueError: whole.valueError, shortfallError: whole.shortfallError,
            repair: whole.repair, degrees: degrees, incremental: parts)
    }
}

extension VarOptions {
    static func read(_ fields: FieldReader, count: Int) -> VarOptions {
        let options = VarOptions(
            method: fields.optionalChoice("method", "parametric unless said.", VarMethod.self) ?? .parametric,
            simulations: fields.optionalInt("simulations", "For monte_carlo and the copulas; 100000 unless said.",
                2...10_000_000) ?? 100_000,
            seed: UInt64(fields.optionalInt("seed", "The same seed gives the same bits; 0 unless said.",
                0...Int.max) ?? 0),
            decay: fields.optionalNumber("decay", "For age_weighted: weight of a day for the next; 0.98 unless said.",
                from: 0.5, upTo: 0.9999) ?? 0.98,
            degrees: fields.optionalNumber("degrees_of_freedom",
                "For student_t and t_copula, above 2; from the portfolio's kurtosis unless said.", above: 2, upTo: 1e4),
            margins: fields.optionalChoice("margins", "For the copulas: parametric unless said.",
                CopulaSimulation.Margins.self) ?? .parametric,
            isIncremental: fields.bool("incremental", "VaR less the VaR without each instrument, 100 at most.",
                default: false))
        if !fields.isDescribing {
            fields.require(
                !options.isIncremental || count <= 100, "incremental", "is told for 100 instruments or fewer")
            let numbers = options.simulations.multipliedReportingOverflow(
                by: max(1, count) * (options.isIncremental ? count + 1 : 1))
            fields.require(
                !options.method.isCopula || (!numbers.overflow && numbers.partialValue <= 1_000_000_000), "simulations",
                "times instruments must not be above 1,000,000,000 for a copula")
        }
        return options
    }
}
