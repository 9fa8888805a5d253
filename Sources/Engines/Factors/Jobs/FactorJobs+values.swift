import EngineKit
import HTTP
import Market
import Quant

/// What jobs have calculated, read from where it lies.
extension FactorJobs {
    /// A page of a job's values: those done, in the order of its factors. While it is under way the page and its cursor
    /// end before the first that is not done.
    func values(_ job: FactorJob, from start: Int, limit: Int) async throws -> JobValues {
        // A cursor is whatever number was sent.
        let start = min(start, job.factors.count)
        var end = min(job.factors.count, start + limit)
        guard start < end else { return JobValues(job: job, items: [], next: nil) }
        let size = FactorJob.blockSize
        let blocks = try await JobRecords.blocks(start / size...(end - 1) / size, of: job.id, context.records)
        if !job.isOver { end = (start..<end).first { blocks[$0 / size] == nil } ?? end }
        let places = (start..<end).filter { blocks[$0 / size].map { $0.run > 0 } ?? false }
        let days = try await days(job, places)
        var items: [JobValues.Item] = [], lineage = JobLineage(self), values: [[Double]] = []
        items.reserveCapacity(end - start)
        for place in start..<end {
            guard let block = blocks[place / size] else { continue }
            let name = job.factors[place], within = place % size
            if block.run == 0 {
                if values.isEmpty || within == 0 { values = JobBlock.values(block.bytes, instruments: job.symbols.count) }
                guard values.indices.contains(within) else { continue }
                items.append(JobValues.Item(
                    factor: name, hash: expressionHash(name), values: values[within], restated: nil))
                continue
            }
            let day = days[place] ?? nil
            if let day, day.run != block.run, let run = try await lineage.run(day.run) {
                items.append(JobValues.Item(
                    factor: name, hash: try await lineage.hash(name, of: run, near: place),
                    values: lineage.picked(day, run, job.symbols), restated: run))
                continue
            }
            let own = day.flatMap { $0.run == block.run ? $0.values : nil }
            items.append(JobValues.Item(
                factor: name, hash: JobBlock.digest(block.bytes, within),
                values: JobLineage.first(job.symbols.count, of: own ?? []), restated: nil))
        }
        return JobValues(job: job, items: items, next: end < job.factors.count ? end : nil)
    }

    /// The job's date of some of its factors, by place.
    private func days(_ job: FactorJob, _ places: [Int]) async throws -> [Int: FactorValues.Day?] {
        guard let kept, let time = job.time, !places.isEmpty else { return [:] }
        let names = places.map { FactorValues.name(job.universe, job.factors[$0], context.digest) }
        return Dictionary(uniqueKeysWithValues: zip(places, try await kept.days(names, job.timeframe, at: time)))
    }

    /// One of a job's factors over the dates that jobs over the same universe have calculated. Throws 422 where it is
    /// none of the job's, or where that is too much for one answer.
    func history(
        _ job: FactorJob, _ factor: String, from: Timestamp?, to: Timestamp?, symbols: [Symbol]?
    ) async throws -> FactorHistory {
        guard let place = job.factors.firstIndex(of: factor) else {
            throw Problem.invalid("?factor", "is none of the job's factors")
        }
        let symbols = symbols ?? job.symbols, name = FactorValues.name(job.universe, factor, context.digest)
        let found = try await kept?.days(name, job.timeframe, from: from, to: to) ?? []
        guard found.count * symbols.count <= FactorTable.valueLimit else {
            throw Problem.invalid("?from", "\(found.count) dates of \(symbols.count) symbols are more than "
                + "\(FactorTable.valueLimit) values; ask for fewer dates")
        }
        var days: [FactorHistory.Day] = [], lineage = JobLineage(self)
        for day in found {
            // A run that is not known was begun by what a restored copy does not have.
            guard let run = try await lineage.run(day.run) else { continue }
            days.append(FactorHistory.Day(
                time: day.time, run: run, hash: try await lineage.hash(factor, of: run, near: place),
                values: lineage.picked(day, run, symbols)))
        }
        return FactorHistory(job: job, factor: factor, symbols: symbols, days: days)
    }

    /// The digest of what this version means by a factor.
    private func expressionHash(_ name: String) -> String {
        let text = (try? FactorName.parse(name))?.expression.text ?? name
        return hexadecimal(context.digest(Array(text.utf8)).prefix(JobBlock.digestSize))
    }
}
