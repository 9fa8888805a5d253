import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Store
import Telemetry
import Wire

/// Works jobs off, one at a time, a block at a time, behind what is asked live. Each block is stored when it is done, its
/// values in the series store first: after a crash a job goes on behind the last one. Where the bars have changed since,
/// it begins anew as another run, so that a job's values are all of one state of the data.
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

    init(_ context: EngineContext, turn: JobTurn) {
        self.context = context
        self.turn = turn
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
        job.state = .cancelled
        jobs[id] = job
        queue.removeAll { $0 == id }
        try await context.commit([JobRecords.update(job)])
        return jobs[id] ?? job
    }

    private func work() {
        guard worker == nil, !isStopping, !queue.isEmpty else { return }
        worker = spawn { [self] in
            while !isStopping, let id = queue.first {
                do {
                    try await run(id)
                } catch let error as StoreError where error.isOutage {
                    await context.clock.sleep(nanoseconds: 1_000_000_000)
                } catch let problem as Problem where problem.status == 503 {
                    await context.clock.sleep(nanoseconds: 1_000_000_000)
                } catch {
                    await fail(id, (error as? Problem)?.detail ?? "\(error)")
                }
            }
            worker = nil
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
        guard let load, let asked = jobs[id] else { return queue.removeAll { $0 == id } }
        let facts = await context.compute { FactorName.facts(asked.factors) }
        let series = try await load(PanelBody(
            symbols: asked.symbols, universe: asked.symbols.isEmpty ? .stored : nil, timeframe: asked.timeframe,
            from: nil, to: nil, asOf: asked.asOf, panel: nil, groups: asked.groups), facts)
        guard series.count * asked.factors.count <= FactorJob.valueLimit else {
            throw Problem.invalid("/factors", "\(asked.factors.count) factors of \(series.count) symbols are more than "
                + "\(FactorJob.valueLimit) values")
        }
        let digest = context.digest
        let bench = try await context.compute { try JobBench(series, groups: asked.groups, digest: digest) }
        var done = try await JobRecords.blocks(of: id, context.records)
        guard var job = jobs[id], !job.isOver else { return }
        var statements: [Statement] = []
        let isChanged = job.dataVersion != bench.version
        if isChanged, !done.isEmpty {
            statements.append(JobRecords.removeBlocks(of: id))
            done = []
            job.detail = "the bars changed while it waited: begun anew"
            (job.done, job.empty, job.failed) = (0, 0, 0)
        }
        job.symbols = series.compactMap { Symbol($0.symbol) }
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
        try await blocks(of: id, bench, except: done)
    }

    private func blocks(of id: String, _ bench: JobBench, except done: Set<Int>) async throws {
        guard let begun = jobs[id] else { return }
        let factors = begun.factors
        let size = FactorJob.blockSize, count = (factors.count + size - 1) / size
        let open = (0..<count).filter { !done.contains($0) }
        for number in open {
            await turn.next()
            if isStopping || jobs[id]?.isOver != false { return }
            let names = Array(factors[(number * size)..<min(factors.count, (number + 1) * size)])
            let block = await context.compute { bench.block(number, names) }
            try await store(block, names, of: begun)
            guard var job = jobs[id], !job.isOver else { return }
            job.done += names.count
            job.empty += block.empty
            job.failed += block.failed
            var statements = [JobRecords.insert(block, of: id, run: job.run)]
            if number == open.last {
                job.state = .finished
                statements.append(JobRecords.update(job))
            }
            try await context.commit(statements)
            // Cancelled while the block was written: it stays so.
            if jobs[id]?.isOver == true { return }
            jobs[id] = job
        }
        if var job = jobs[id], !job.isOver, job.done == factors.count {
            job.state = .finished
            try await context.commit([JobRecords.update(job)])
            jobs[id] = job
        }
        queue.removeAll { $0 == id }
    }

    /// Puts the values of a block into the series store: before it is written as done.
    private func store(_ block: JobBlock, _ names: [String], of job: FactorJob) async throws {
        guard let kept, let time = job.time, job.run > 0 else { return }
        let digest = context.digest, universe = job.universe
        let series = await context.compute { names.map { FactorValues.name(universe, $0, digest) } }
        try await kept.write(block.values, of: series, job.timeframe, at: time, run: job.run,
                               recordedAt: context.clock.now)
    }
}
