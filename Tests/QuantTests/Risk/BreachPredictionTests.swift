import Glibc
import Quant
import TestKit
import Testing

@Suite struct BreachPredictionTests {
    /// Coefficients of scikit-learn's optimum are where the gradient is zero: so it is held to that, and to the closed form of one
    /// column of two values.
    @Test func logisticRegressionOfTwoGroupsIsTheirRates() throws {
        var rows: [Double] = [], labels: [Bool] = []
        for index in 0..<100 { rows.append(0); labels.append(index < 20) }
        for index in 0..<300 { rows.append(1); labels.append(index < 180) }
        let model = try #require(LogisticRegression(rows: rows, labels: labels, penalty: 0))
        #expect(abs(model.probability([0]) - 0.2) < 1e-9)
        #expect(abs(model.probability([1]) - 0.6) < 1e-9)
        let parts = model.contributions([1])
        #expect(abs(LogisticRegression.probability(ofLogOdds: model.intercept + parts[0]) - 0.6) < 1e-9)
    }

    @Test func thePenaltysGradientIsZeroAtTheOptimum() throws {
        let samples = BreachSimulation(seed: 3).samples(series: 12, checks: 1500, horizon: 60, every: 5)
        let model = try #require(LogisticRegression(rows: samples.drivers, labels: samples.breached, penalty: 2))
        for column in 0..<BreachSamples.width {
            var gradient = -2 * model.weights[column]
            for index in 0..<samples.count {
                let value = (samples.row(index)[samples.row(index).startIndex + column] - model.means[column])
                    / model.deviations[column]
                gradient += ((samples.breached[index] ? 1 : 0) - model.probability(samples.row(index))) * value
            }
            #expect(abs(gradient) < 1e-5)
        }
    }

    @Test func labelsOfOneKindAreNotFitted() {
        #expect(LogisticRegression(rows: [1, 2, 3], labels: [true, true, true]) == nil)
        #expect(LogisticRegression(rows: [], labels: []) == nil)
    }

    @Test func aColumnWithoutSpreadWeighsNothing() throws {
        let model = try #require(LogisticRegression(
            rows: [5, 0, 5, 1, 5, 2, 5, 3, 5, 4], labels: [false, false, true, false, true]))
        #expect(model.weights[0] == 0 && model.weights[1] > 0)
    }

    @Test func aSampleIsLabelledByWhatFollowsIt() {
        var values = (0..<40).map { 0.5 + 0.001 * Double($0 % 2) }
        values += [1.2, 0.5] + [Double](repeating: 0.5, count: 40)
        var samples = BreachSamples()
        samples.add(values, series: 0, horizon: 5)
        for index in 0..<samples.count {
            let time = samples.times[index]
            #expect(samples.breached[index] == (35...39).contains(time), "check \(time)")
            #expect(time != 40, "a limit in breach is not forecast")
        }
        #expect(samples.times.first == BreachTracker.warmUp - 1)
        #expect(samples.times.last == values.count - 6)
    }

    /// Drivers read the past only: what comes later changes none of them.
    @Test(arguments: [1, 2, 3]) func driversDoNotSeeTheFuture(_ seed: UInt64) {
        let values = BreachSimulation(seed: seed).utilizations(series: 1, checks: 400)
        var whole = BreachSamples(), part = BreachSamples()
        whole.add(values, series: 0, horizon: 30)
        part.add(Array(values[..<300]), series: 0, horizon: 30)
        #expect(part.count > 0)
        #expect(Array(whole.drivers.prefix(part.drivers.count)) == part.drivers)
    }

    @Test func aTrackerThatMeetsNoNumberBeginsAnew() {
        var tracker = BreachTracker()
        for index in 0..<30 { tracker.update(0.5 + 0.01 * Double(index % 3)) }
        #expect(tracker.drivers(horizon: 60) != nil)
        tracker.update(.infinity)
        #expect(tracker == BreachTracker() && tracker.drivers(horizon: 60) == nil)
    }

    @Test func aLimitThatNeverMovesHasFiniteDrivers() throws {
        var tracker = BreachTracker()
        for _ in 0..<200 { tracker.update(0.7) }
        let drivers = try #require(tracker.drivers(horizon: 60))
        #expect(drivers.values.count == BreachDrivers.names.count && drivers.values.allSatisfy(\.isFinite))
        #expect(drivers.values[1] == 10)
    }

    @Test func qualityOfKnownForecasts() {
        let quality = ForecastQuality(
            probabilities: [0.9, 0.1, 0.8, 0.3], base: [0.5, 0.5, 0.5, 0.5], happened: [true, false, true, false],
            clusters: [0, 1, 2, 3])
        #expect(abs(quality.brier - (0.01 + 0.01 + 0.04 + 0.09) / 4) < 1e-15)
        #expect(quality.baseBrier == 0.25)
        #expect(abs(quality.skill - (1 - 0.0375 / 0.25)) < 1e-12)
        #expect(quality.bins[8].count == 1 && quality.bins[8].observed == 1)
        #expect(!quality.beatsBaseRate, "four clusters prove nothing")
    }

    /// Who always says the base rate has no skill; who tosses coins has less.
    @Test func noiseDoesNotBeatTheBaseRate() throws {
        let samples = BreachSimulation(seed: 5).samples(series: 24, checks: 2000, horizon: 60, every: 10)
        let constant = try #require(try WalkForward.quality(of: samples, horizon: 60) { training in
            { rows in [Double](repeating: training.baseRate, count: rows.count) }
        })
        #expect(abs(constant.skill) < 1e-12 && !constant.beatsBaseRate)
        let coins = try #require(try WalkForward.quality(of: samples, horizon: 60) { _ in
            { rows in (0..<rows.count).map { $0 % 2 == 0 ? 0.9 : 0.1 } }
        })
        #expect(coins.skill < 0 && !coins.beatsBaseRate)
    }

    @Test func theLogisticModelBeatsTheBaseRateOnSimulatedLimits() throws {
        let samples = BreachSimulation(seed: 7).samples(series: 48, checks: 3000, horizon: 60, every: 10)
        #expect(samples.baseRate > 0.01 && samples.baseRate < 0.3, "\(samples.baseRate)")
        let quality = try #require(try WalkForward.quality(of: samples, horizon: 60) { training in
            LogisticRegression(rows: training.drivers, labels: training.breached).map { model in
                { rows in (0..<rows.count).map { model.probability(rows.row($0)) } }
            }
        })
        #expect(quality.beatsBaseRate, "skill \(quality.skill), significance \(quality.significance)")
        #expect(quality.calibrationError < 0.03, "\(quality.calibrationError)")
        for bin in quality.bins where bin.count > 300 { #expect(abs(bin.predicted - bin.observed) < 0.15, "\(bin)") }
    }

    /// A fold is fitted on rows whose horizon had ended: the latest outcome it knows is from before its first check.
    @Test func noFoldLearnsFromWhatItForecasts() throws {
        let samples = BreachSimulation(seed: 9).samples(series: 6, checks: 900, horizon: 40, every: 3)
        _ = try WalkForward.quality(of: samples, horizon: 40, folds: 4) { training in
            let last = training.times.max() ?? 0
            return { rows in
                #expect((rows.times.min() ?? 0) > last + 40)
                return [Double](repeating: 0.5, count: rows.count)
            }
        }
    }
}
