import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Store
import Telemetry
import Wire

/// Works jobs off, one at a time, a block at a time, behind what is asked live. Blocks are stored while the next ones
/// are calculated, their values in the series store first: after a crash a job goes on behind the last ones. Where the
/// bars have changed since, it begins anew as another run, so that a job's values are all of one state of the data.
@LoopActor final class FactorJobs {
    /// Jobs that wait or run at once; more are refused.
    static let queueLimit = 32
    /// Reads the bars of a request, with these columns of stored facts.
    typealias Load = @LoopActor (PanelBody, Set<Column>) async throws -> [(symbol: String, bars: Bars)]

    let turn: JobTurn
    let context: EngineContext
    /// Nil in a process without a series store, which takes no jobs.
    let kept: FactorValues?
    private var jobs: [String: FactorJob] = [:]
    private var queue: [String] = []
    private var worker: Task<Void, Never>?
    private var isStopping = false
    private var load: Load?
    /// The greatest number of a run so far.
    private var lastRun = 0

    /// Blocks that are calculated at once.
    private let atOnce: Int

    /// A processor is left to the loop unless it is said how many blocks are calculated at once.
    init(_ context: EngineContext, turn: JobTurn, atOnce: Int = max(1, FactorEngine.threads - 1)) {
        self.context = context
        self.turn = turn
        self.atOnce = atOnce
        kept = context.series.map { FactorValues(store: $0) }
    }

    subscript(_ id: String) -> FactorJob? { jobs[id] }

    /// Jobs that are not over.
    var waiting: Int { queue.count }

    /// Reads the jobs there are and goes on with those that are not over.
    func start(_ load: @escaping Load) async throws {
        self.load = load
        isStopping = false
        let found = try await JobRecords.all(context.records, digest: context.digest)
        lastRun = max(lastRun, try await JobRecords.lastRun(context.records))
        for job in found where jobs[job.id] == nil {
            jobs[job.id] = job
            if !job.isOver { queue.append(job.id) }
        }
        work()
    }

    /// Returns when the block under way is done.
    func stop() async {
        isStopping = true
        await worker?.value
    }

    /// Stores a job and queues it. Throws 429 where too many wait, 503 where there is nowhere to put values.
    func submit(_ job: FactorJob) async throws {
        if kept == nil { throw Problem.unavailable("series", "this process has no series store for values of jobs") }
        guard queue.count < Self.queueLimit else {
            throw Problem(429, "\(Self.queueLimit) jobs wait already", headers: ["Retry-After": "10"])
        }
        try await context.commit([JobRecords.insert(job)])
        jobs[job.id] = job
        queue.append(job.id)
        work()
    }

    /// Ends a job before its time; what it has done stays. Throws 409 where it is over.
    func cancel(_ id: String) async throws -> FactorJob {
        guard var job = jobs[id] else { throw Problem.notFound("there is no job \(id)") }
        guard !job.isOver else { throw Problem.conflict("the job is \(job.state.rawValue) already") }
        let state = job.state
        job.state = .cancelled
        jobs[id] = job
        queue.removeAll { $0 == id }
        do {
            try await context.commit([JobRecords.update(job)])
        } catch {
            // It is not written: the job goes on, here as after a restart.
            jobs[id]?.state = state
            if !queue.contains(id) { queue.append(id) }
            work()
            throw error
        }
        return jobs[id] ?? job
    }

    private func work() {
        guard worker == nil, !isStopping, !queue.isEmpty else { return }
        worker = spawn { [self] in
            while !isStopping, let id = queue.first {
                do {
                    try await run(id)
                } catch let error as StoreError where error.isOutage {
                    await wait(id, "\(error)")
                } catch let error as StoreError where error.code == .constraint(.unique) {
                    await meet(id)
                } catch let problem as Problem where problem.status == 503 {
                    await wait(id, problem.detail)
                } catch {
                    await fail(id, (error as? Problem)?.detail ?? "\(error)")
                }
            }
            worker = nil
        }
    }

    /// What a job's detail begins with while it waits.
    private static let waiting = "waits: "

    /// A pause before a job is tried again, which says why it does not go on.
    private func wait(_ id: String, _ reason: String) async {
        if jobs[id]?.isOver == false { jobs[id]?.detail = Self.waiting + reason }
        await context.clock.sleep(nanoseconds: 1_000_000_000)
    }

    /// A run or a block is there already: another process of the engine, which this one is about to replace, works at the
    /// same job. How far it is, is read before the next attempt.
    private func meet(_ id: String) async {
        do {
            lastRun = max(lastRun, try await JobRecords.lastRun(context.records))
            let stored = try await JobRecords.all(context.records, digest: context.digest).first { $0.id == id }
            if let stored, jobs[id]?.isOver == false { jobs[id] = stored }
            if jobs[id]?.isOver != false { return queue.removeAll { $0 == id } }
            await wait(id, "another process works at it")
        } catch {
            await wait(id, "\(error)")
        }
    }

    private func fail(_ id: String, _ detail: String) async {
        queue.removeAll { $0 == id }
        guard var job = jobs[id], !job.isOver else { return }
        job.state = .failed
        job.detail = detail
        jobs[id] = job
        context.logger.warning("a factor job failed", ["job": .string(id), "reason": .string(detail)])
        do { try await context.commit([JobRecords.update(job)]) } catch {
            context.logger.warning("a failed job is not stored", ["job": .string(id), "reason": .string("\(error)")])
        }
    }

    /// Does what is left of a job, until it is over or the engine stops.
    private func run(_ id: String) async throws {
        guard let asked = jobs[id], let bench = try await bench(of: asked) else { return queue.removeAll { $0 == id } }
        let stored = try await JobRecords.progress(of: id, context.records)
        guard var job = jobs[id], !job.isOver else { return }
        var statements: [Statement] = [], blocks = stored.blocks
        (job.done, job.empty, job.failed) = (stored.done, stored.empty, stored.failed)
        if job.detail.hasPrefix(Self.waiting) { job.detail = "" }
        let isChanged = job.dataVersion != bench.version
        if isChanged, !blocks.isEmpty {
            statements.append(JobRecords.removeBlocks(of: id))
            blocks = []
            job.detail = "the bars changed while it waited: begun anew"
            (job.done, job.empty, job.failed) = (0, 0, 0)
        }
        job.symbols = bench.symbols
        if isChanged { job.run = 0 }
        if job.run == 0, let time = bench.time {
            lastRun += 1
            job.run = lastRun
            statements.append(JobRecords.insert(JobRun(
                number: lastRun, job: id, dataVersion: bench.version, time: time, symbols: job.symbols)))
        }
        job.state = .running
        job.time = bench.time
        job.dataVersion = bench.version
        let before = jobs[id]
        jobs[id] = job
        do {
            try await context.commit(statements + [JobRecords.update(job)])
        } catch {
            // The run is not written: the next attempt begins one.
            if jobs[id]?.isOver == false { jobs[id] = before }
            throw error
        }
        try await self.blocks(of: job, bench, except: blocks)
    }

    /// Reads what a job is calculated from: of factors that are made by rules only as many bars as they need.
    private func bench(of job: FactorJob) async throws -> JobBench? {
        guard let load else { return nil }
        let (facts, areMade) = await context.compute { FactorName.needs(job.factors) }
        var panel = PanelBody(
            symbols: job.symbols, universe: job.symbols.isEmpty ? .stored : nil, timeframe: job.timeframe,
            from: nil, to: nil, asOf: job.asOf, panel: nil, groups: job.groups)
        if areMade { panel.last = JobBench.bars }
        let series = try await load(panel, facts), digest = context.digest
        guard series.count * job.factors.count <= FactorJob.valueLimit else {
            throw Problem.invalid("/factors", "\(job.factors.count) factors of \(series.count) symbols are more than "
                + "\(FactorJob.valueLimit) values")
        }
        let bench = try await context.compute { try JobBench(series, groups: job.groups, digest: digest) }
        if bench.time == nil, let asOf = job.asOf {
            throw Problem.invalid(
                "/as_of", "no \(job.timeframe.rawValue) bar of its symbols is as old as \(asOf.iso8601)")
        }
        return bench
    }

    private func blocks(of job: FactorJob, _ bench: JobBench, except done: Set<Int>) async throws {
        let id = job.id, size = FactorJob.blockSize, count = (job.factors.count + size - 1) / size
        let digest = context.digest, open = (0..<count).filter { !done.contains($0) }
        let pipeline = JobPipeline(context.clock) { [self] in try await store($0, of: job) }
        do {
            for start in stride(from: 0, to: open.count, by: atOnce) {
                await turn.next()
                if isStopping || jobs[id]?.isOver != false { break }
                let numbers = open[start..<min(open.count, start + atOnce)]
                for part in await parts(numbers, { bench.part($0, of: job, digest) }) { try await pipeline.add(part) }
            }
            try await pipeline.finish()
        } catch {
            await pipeline.settle()
            throw error
        }
        if var job = jobs[id], !job.isOver {
            if job.done < job.factors.count && isStopping { return }
            job.state = .finished
            try await context.commit([JobRecords.update(job)])
            if jobs[id]?.isOver == false { jobs[id] = job }
        }
        queue.removeAll { $0 == id }
    }

    private func parts(
        _ numbers: ArraySlice<Int>, _ work: @escaping @Sendable (Int) -> JobPart
    ) async -> [JobPart] {
        let numbers = Array(numbers)
        if numbers.count == 1 { return [await context.compute { work(numbers[0]) }] }
        return await inParallel(numbers.count) { work(numbers[$0]) }
    }

    /// Puts blocks into the series store, then writes them as done. What was cancelled meanwhile stays so; blocks that
    /// are written all the same count.
    private func store(_ parts: [JobPart], of begun: FactorJob) async throws {
        let id = begun.id
        guard jobs[id]?.isOver == false else { return }
        if let kept, let time = begun.time, begun.run > 0 {
            try await kept.write(parts.flatMap(\.block.values), of: parts.flatMap(\.series), begun.timeframe, at: time,
                                 run: begun.run, recordedAt: context.clock.now)
        }
        guard var job = jobs[id], !job.isOver else { return }
        for part in parts {
            job.done += part.names.count
            job.empty += part.block.empty
            job.failed += part.block.failed
        }
        var statements = parts.map { JobRecords.insert($0.block, of: id, run: begun.run) }
        if job.done == job.factors.count {
            job.state = .finished
            statements.append(JobRecords.update(job))
        }
        try await context.commit(statements)
        if let state = jobs[id]?.state, jobs[id]?.isOver == true { job.state = state }
        jobs[id] = job
    }
}
