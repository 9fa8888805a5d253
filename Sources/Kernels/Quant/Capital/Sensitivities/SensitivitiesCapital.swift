/// Capital by the sensitivities-based method: delta, vega and curvature of five risk classes in three correlation
/// scenarios, the largest of which counts: MAR21.4 to MAR21.7. Securitisations (MAR21.10, MAR21.11) are not included.
public struct SensitivitiesCapital: Sendable, Equatable {
    /// What a component is measured by.
    public enum Component: String, Sendable, CaseIterable {
        case delta, vega, curvature

        /// Where its aggregation is defined.
        public var paragraph: String { self == .curvature ? "MAR21.5" : "MAR21.4" }
    }

    /// One class by one measure.
    public struct Part: Sendable, Equatable {
        /// The class.
        public let riskClass: SbmRiskClass
        /// Delta, vega or curvature.
        public let component: Component
        /// By scenario, in the order low, medium, high.
        public let capital: [Double]
        /// Its buckets, in order.
        public let buckets: [SbmBucketRisk]
    }

    /// Parts that there are inputs for, in the order of the classes.
    public let parts: [Part]
    /// Sums by scenario, in the order low, medium, high: MAR21.7(2).
    public let scenarios: [Double]

    /// Measures. Throws `.data` for a sensitivity or a shock with a problem, and for amounts too large to be measured.
    public init(
        _ sensitivities: [SbmSensitivity], shocks: [SbmShock] = [], options: SbmOptions = SbmOptions()
    ) throws(QuantError) {
        for (index, sensitivity) in sensitivities.enumerated() {
            if let problem = sensitivity.problem {
                throw QuantError(.data, "sensitivity \(index): \(problem.field) \(problem.message)")
            }
        }
        for (index, shock) in shocks.enumerated() {
            if let problem = shock.problem {
                throw QuantError(.data, "shock \(index): \(problem.field) \(problem.message)")
            }
        }
        var parts: [Part] = []
        for riskClass in SbmRiskClass.allCases {
            for (component, measure) in [(Component.delta, SbmSensitivity.Measure.delta), (.vega, .vega)] {
                let own = sensitivities.filter { $0.riskClass == riskClass && $0.measure == measure }
                if own.isEmpty { continue }
                let found = SbmAggregation(own, options)
                parts.append(
                    Part(riskClass: riskClass, component: component, capital: found.capital, buckets: found.buckets))
            }
            let own = shocks.filter { $0.riskClass == riskClass }
            if own.isEmpty { continue }
            let found = SbmCurvature(own, options)
            parts.append(
                Part(riskClass: riskClass, component: .curvature, capital: found.capital, buckets: found.buckets))
        }
        self.parts = parts
        scenarios = SbmScenario.allCases.indices.map { index in parts.reduce(0) { $0 + $1.capital[index] } }
        guard scenarios.allSatisfy(\.isFinite) else {
            throw QuantError(.data, "sensitivities or shocks are too large to be measured")
        }
    }

    /// The scenario that counts: MAR21.7(3). The medium one where all are alike.
    public var binding: SbmScenario {
        var best = SbmScenario.medium
        for (index, scenario) in SbmScenario.allCases.enumerated() where scenarios[index] > capital(in: best) {
            best = scenario
        }
        return best
    }

    /// The sum in a scenario.
    public func capital(in scenario: SbmScenario) -> Double {
        scenarios[SbmScenario.allCases.firstIndex(of: scenario) ?? 0]
    }

    /// What is to be held: the largest of the three, MAR21.7(3).
    public var capital: Double { scenarios.max() ?? 0 }
}
