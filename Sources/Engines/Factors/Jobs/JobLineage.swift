import EngineKit
import Market
import Runtime

/// What values were made of, looked up while an answer is put together: each run, block and order of symbols once.
@LoopActor struct JobLineage {
    private let jobs: FactorJobs
    private var runs: [Int: JobRun?] = [:]
    private var blocks: [String: (run: Int, bytes: [UInt8])?] = [:]
    private var places: [String: [String: Int]] = [:]
    /// For the symbols asked for their places in a run, by its number.
    private var orders: [Int: [Int?]] = [:]

    init(_ jobs: FactorJobs) { self.jobs = jobs }

    /// The run of a number; nil where it is not known.
    mutating func run(_ number: Int) async throws -> JobRun? {
        if let run = runs[number] { return run }
        let run = try await JobRecords.run(number, jobs.context.records)
        runs[number] = .some(run)
        return run
    }

    /// The digest of what a run calculated for a factor, which is looked for at a place of its job's list first; empty
    /// where the run was given up for another one.
    mutating func hash(_ factor: String, of run: JobRun, near guess: Int) async throws -> String {
        guard let place = place(factor, in: run.job, near: guess),
              let block = try await block(place / FactorJob.blockSize, of: run.job), block.run == run.number
        else { return "" }
        return JobBlock.digest(block.bytes, place % FactorJob.blockSize)
    }

    private mutating func place(_ factor: String, in job: String, near guess: Int) -> Int? {
        guard let factors = jobs[job]?.factors else { return nil }
        if factors.indices.contains(guess), factors[guess] == factor { return guess }
        if places[job] == nil {
            places[job] = Dictionary(factors.enumerated().map { ($1, $0) }) { first, _ in first }
        }
        return places[job]?[factor]
    }

    private mutating func block(_ number: Int, of job: String) async throws -> (run: Int, bytes: [UInt8])? {
        let key = "\(number) \(job)"
        if let block = blocks[key] { return block }
        let block = try await JobRecords.blocks(number...number, of: job, jobs.context.records)[number]
        blocks[key] = .some(block)
        return block
    }

    /// The values of some symbols, always the same ones; NaN for one that the run had not.
    mutating func picked(_ day: FactorValues.Day, _ run: JobRun, _ symbols: [Symbol]) -> [Double] {
        if symbols == run.symbols { return Self.first(symbols.count, of: day.values) }
        if orders[run.number] == nil {
            let places = Dictionary(run.symbols.enumerated().map { ($1, $0) }) { first, _ in first }
            orders[run.number] = symbols.map { places[$0] }
        }
        return (orders[run.number] ?? []).map { place in
            place.flatMap { day.values.indices.contains($0) ? day.values[$0] : nil } ?? .nan
        }
    }

    /// The first values, with NaN for those that are not there.
    static func first(_ count: Int, of values: [Double]) -> [Double] {
        values.count >= count ? Array(values.prefix(count))
            : values + [Double](repeating: .nan, count: count - values.count)
    }
}
