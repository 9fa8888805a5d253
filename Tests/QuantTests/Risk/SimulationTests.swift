import Numerics
import Quant
import Testing

@Suite struct SimulationTests {
    private let returns: [[Double]]
    private let weights: [Double]
    private let philox: [UInt64]

    init() throws {
        let fixture = try Fixture("risk_measures")
        let columns = try fixture.columns("returns")
        returns = (0..<6).map { columns["\($0)"] ?? [] }
        weights = Fixture.numbers(try #require(fixture.root["weights"]))
        philox = (fixture.root["philox"] as? [String] ?? []).compactMap { UInt64($0) }
    }

    /// numpy counts on before it makes a block.
    @Test func widePhiloxHasKnownAnswers() {
        let block = WidePhilox(key: SIMD2(7, 9)).block(SIMD4(4, 1, 4, 1))
        #expect(philox == [block.x, block.y, block.z, block.w])
    }

    @Test func zigguratNumbersAreNormal() {
        let random = WidePhilox(seed: 5), ziggurat = Ziggurat(), count = 1_000_000
        var moments = SIMD4<Double>.zero, beyond = 0, far = 0
        ziggurat.withTables { tables in
            for index in 0..<count {
                let word = random.block(SIMD4(UInt64(index), 0, 0, 0)).x
                let z = tables.normal(word) { random.block(SIMD4(UInt64(index), 1, 0, $0)).x }
                moments += SIMD4(z, z * z, z * z * z, z * z * z * z)
                if abs(z) > 1.959_963_984_540_054 { beyond += 1 }
                if abs(z) > 3.7 { far += 1 }
            }
        }
        moments /= Double(count)
        #expect(abs(moments.x) < 0.004 && abs(moments.y - 1) < 0.006)
        #expect(abs(moments.z) < 0.015 && abs(moments.w - 3) < 0.04)
        #expect(abs(Double(beyond) / Double(count) - 0.05) < 0.001)
        #expect(abs(Double(far) - 215.6) < 60)
    }

    @Test func theAnswerDoesNotDependOnTheThreads() async throws {
        for margins in CopulaSimulation.Margins.allCases {
            for copula in [CopulaSimulation.Copula.gaussian, .student(degrees: 5)] {
                let one = try await SimulatedRisk.simulate(
                    returns: returns, weights: weights, copula: copula, margins: margins, simulations: 40_000, seed: 3,
                    tasks: 1)
                let three = try await SimulatedRisk.simulate(
                    returns: returns, weights: weights, copula: copula, margins: margins, simulations: 40_000, seed: 3,
                    tasks: 3)
                #expect(one == three)
                #expect(abs(one.risk.component.reduce(0, +) - one.risk.valueAtRisk) < 1e-9)
                #expect(one.risk.expectedShortfall > one.risk.valueAtRisk && one.valueError > 0)
            }
        }
    }

    @Test func simulatedParametricMarginsComeNearTheFormulas() async throws {
        let normal = try ValueAtRisk.parametric(returns: returns, weights: weights)
        let gauss = try await SimulatedRisk.simulate(returns: returns, weights: weights, simulations: 400_000, seed: 1)
        #expect(abs(gauss.risk.valueAtRisk - normal.valueAtRisk) < 4 * gauss.valueError)
        #expect(abs(gauss.risk.expectedShortfall - normal.expectedShortfall) < 4 * gauss.shortfallError)
        #expect(gauss.valueError < 0.01 * normal.valueAtRisk && gauss.repair == 0)
        let student = try ValueAtRisk.student(returns: returns, weights: weights, degrees: 5)
        let drawn = try await SimulatedRisk.simulate(
            returns: returns, weights: weights, copula: .student(degrees: 5), simulations: 400_000, seed: 1)
        #expect(abs(drawn.risk.valueAtRisk - student.valueAtRisk) < 4 * drawn.valueError)
        #expect(abs(drawn.risk.expectedShortfall - student.expectedShortfall) < 4 * drawn.shortfallError)
    }

    /// One instrument has its own history whatever the copula.
    @Test func empiricalMarginsAreTheHistory() async throws {
        let history = try ValueAtRisk.historical(returns: [returns[0]], weights: [1], settings: .init(confidence: 0.95))
        let drawn = try await SimulatedRisk.simulate(
            returns: [returns[0]], weights: [1], copula: .student(degrees: 4), margins: .empirical,
            simulations: 200_000, settings: .init(confidence: 0.95))
        #expect(abs(drawn.risk.valueAtRisk - history.valueAtRisk) < 5 * drawn.valueError)
    }

    @Test func singularCorrelationsAreRepairedAndTold() async throws {
        let twice = [returns[0], returns[0], returns[0].map { -$0 }]
        let drawn = try await SimulatedRisk.simulate(
            returns: twice, weights: [0.5, 0.25, -0.25], simulations: 200_000)
        let alone = try ValueAtRisk.parametric(returns: [returns[0]], weights: [1])
        #expect(drawn.repair > 0 && drawn.repair < 1e-6)
        #expect(abs(drawn.risk.valueAtRisk - alone.valueAtRisk) < 4 * drawn.valueError)
        await #expect(throws: QuantError.self) {
            try await SimulatedRisk.simulate(returns: returns, weights: weights, copula: .student(degrees: 2))
        }
        await #expect(throws: QuantError.self) {
            try await SimulatedRisk.simulate(returns: [[0.1]], weights: [1])
        }
    }
}
