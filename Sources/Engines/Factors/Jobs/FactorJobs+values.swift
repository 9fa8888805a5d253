import EngineKit
import HTTP
import Market
import Quant

/// What jobs have calculated, read from where it lies.
extension FactorJobs {
    /// A page of a job's values: those done, in the order of its factors.
    func values(_ job: FactorJob, from start: Int, limit: Int) async throws -> JobValues {
        let size = FactorJob.blockSize, end = min(job.factors.count, start + limit)
        var items: [JobValues.Item] = [], runs: [Int: JobRun] = [:]
        var number = start / size
        while number * size < end {
            defer { number += 1 }
            guard let block = try await JobRecords.block(number, of: job.id, context.records) else { continue }
            let first = number * size, places = max(start, first)..<min(end, first + size)
            if block.run == 0 {
                let values = JobBlock.values(block.bytes, instruments: job.symbols.count)
                for place in places where values.indices.contains(place - first) {
                    let name = job.factors[place]
                    items.append(JobValues.Item(factor: name, hash: expressionHash(name), values: values[place - first],
                                                restated: nil))
                }
                continue
            }
            for place in places {
                let name = job.factors[place], day = try await day(job, name)
                if let day, day.run != block.run, let run = try await jobRun(day.run, &runs) {
                    items.append(JobValues.Item(
                        factor: name, hash: try await expressionHash(name, of: run),
                        values: Self.picked(day, run, job.symbols), restated: run))
                } else {
                    let own = day.flatMap { $0.run == block.run ? $0.values : nil }
                    let values = own ?? [Double](repeating: .nan, count: job.symbols.count)
                    items.append(JobValues.Item(
                        factor: name, hash: JobBlock.digest(block.bytes, place - first),
                        values: Array(values.prefix(job.symbols.count)), restated: nil))
                }
            }
        }
        return JobValues(job: job, items: items, next: end < job.factors.count ? end : nil)
    }

    /// One of a job's factors over the dates that jobs over the same universe have calculated. Throws 422 where it is
    /// none of the job's, or where that is too much for one answer.
    func history(
        _ job: FactorJob, _ factor: String, from: Timestamp?, to: Timestamp?, symbols: [Symbol]?
    ) async throws -> FactorHistory {
        guard job.factors.contains(factor) else { throw Problem.invalid("?factor", "is none of the job's factors") }
        let symbols = symbols ?? job.symbols, name = FactorValues.name(job.universe, factor, context.digest)
        let found = try await kept?.days(name, job.timeframe, from: from, to: to) ?? []
        guard found.count * symbols.count <= FactorTable.valueLimit else {
            throw Problem.invalid("?from", "\(found.count) dates of \(symbols.count) symbols are more than "
                + "\(FactorTable.valueLimit) values; ask for fewer dates")
        }
        var days: [FactorHistory.Day] = [], runs: [Int: JobRun] = [:], hashes: [Int: String] = [:]
        for day in found {
            // A run that is not known was begun by what a restored copy does not have.
            guard let run = try await jobRun(day.run, &runs) else { continue }
            if hashes[day.run] == nil { hashes[day.run] = try await expressionHash(factor, of: run) }
            days.append(FactorHistory.Day(time: day.time, run: run, hash: hashes[day.run] ?? "",
                                          values: Self.picked(day, run, symbols)))
        }
        return FactorHistory(job: job, factor: factor, symbols: symbols, days: days)
    }

    private func day(_ job: FactorJob, _ factor: String) async throws -> FactorValues.Day? {
        guard let time = job.time else { return nil }
        let name = FactorValues.name(job.universe, factor, context.digest)
        return try await kept?.days(name, job.timeframe, from: time, to: time).first
    }

    /// The values of some symbols; NaN for one that the run had not.
    private static func picked(_ day: FactorValues.Day, _ run: JobRun, _ symbols: [Symbol]) -> [Double] {
        if symbols == run.symbols { return Array(day.values.prefix(symbols.count)) }
        let places = Dictionary(run.symbols.enumerated().map { ($1, $0) }) { first, _ in first }
        return symbols.map { symbol in
            places[symbol].flatMap { day.values.indices.contains($0) ? day.values[$0] : nil } ?? .nan
        }
    }

    private func jobRun(_ number: Int, _ known: inout [Int: JobRun]) async throws -> JobRun? {
        if let run = known[number] { return run }
        let run = try await JobRecords.run(number, context.records)
        known[number] = run
        return run
    }

    /// The digest of what a run calculated for a factor; empty where the run was given up for another one.
    private func expressionHash(_ factor: String, of run: JobRun) async throws -> String {
        guard let place = self[run.job]?.factors.firstIndex(of: factor) else { return "" }
        let block = try await JobRecords.block(place / FactorJob.blockSize, of: run.job, context.records)
        guard let block, block.run == run.number else { return "" }
        return JobBlock.digest(block.bytes, place % FactorJob.blockSize)
    }

    /// The digest of what this version means by a factor.
    private func expressionHash(_ name: String) -> String {
        let text = (try? FactorName.parse(name))?.expression.text ?? name
        return hexadecimal(context.digest(Array(text.utf8)).prefix(JobBlock.digestSize))
    }
}
