import Boosting
import Glibc
import Models
import TestKit
import Testing

@Suite struct XGBoostTests {
    /// Yes where exactly one of two numbers is above a half: no line separates that, trees do.
    private func corners(_ count: Int, seed: UInt64) -> (rows: FeatureRows, labels: [Bool]) {
        var random = SeededGenerator(seed: seed), values: [Float] = [], labels: [Bool] = []
        for _ in 0..<count {
            let pair = [Float.random(in: 0..<1, using: &random), Float.random(in: 0..<1, using: &random)]
            values += pair
            labels.append((pair[0] > 0.5) != (pair[1] > 0.5))
        }
        return (FeatureRows(width: 2, values: values), labels)
    }

    @Test func treesLearnWhatALineCannot() throws {
        let (rows, labels) = corners(4000, seed: 1)
        let trees = try XGBoostBooster().fit(rows, labels: labels, BoostingParameters())
        let (others, truth) = corners(1000, seed: 2)
        let right = zip(try trees.probabilities(others), truth).count { ($0 > 0.5) == $1 }
        #expect(right > 960, "\(right) of 1000")
    }

    @Test func theSameRowsGiveTheSameTreesAndBytesBringThemBack() throws {
        let (rows, labels) = corners(2000, seed: 3), booster = XGBoostBooster()
        let one = try booster.fit(rows, labels: labels, BoostingParameters())
        let two = try booster.fit(rows, labels: labels, BoostingParameters())
        #expect(one.bytes == two.bytes)
        let back = try booster.load(one.bytes)
        #expect(try back.probabilities(rows) == one.probabilities(rows))
    }

    /// SHAP values add up to the log odds.
    @Test func contributionsAddUp() throws {
        let (rows, labels) = corners(2000, seed: 4)
        let trees = try XGBoostBooster().fit(rows, labels: labels, BoostingParameters())
        let probabilities = try trees.probabilities(rows), parts = try trees.contributions(rows)
        for (probability, each) in zip(probabilities, parts) {
            #expect(each.count == 3)
            #expect(abs(1 / (1 + exp(-each.reduce(0, +))) - probability) < 1e-4)
        }
    }

    @Test func whatMakesNoSenseIsRefused() throws {
        let (rows, labels) = corners(100, seed: 5), booster = XGBoostBooster()
        #expect(throws: ModelError.self) {
            try booster.fit(rows, labels: labels.map { _ in true }, BoostingParameters())
        }
        #expect(throws: ModelError.self) { try booster.fit(rows, labels: [true], BoostingParameters()) }
        #expect(throws: ModelError.self) { try booster.load([1, 2, 3]) }
        let trees = try booster.fit(rows, labels: labels, BoostingParameters())
        #expect(throws: ModelError.self) { try trees.probabilities(FeatureRows(width: 3, values: [1, 2, 3])) }
        #expect(try trees.probabilities(FeatureRows(width: 2, values: [])).isEmpty)
        #expect(throws: ModelError.self) { try NoTreeBooster().load([]) }
    }
}
