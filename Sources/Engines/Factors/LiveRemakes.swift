import Bus
import EngineKit
import HTTP
import Market
import Runtime
import Store
import Telemetry

/// Instruments whose live streams are to be made again because facts of them were stored: one after the other, with
/// whatever else the loop has to do in between, so that an import for thousands of companies holds up nobody.
///
/// An instrument that is named again while it waits is made again once, from what is stored then. A bar of one that
/// waits has it made again first: what is told of a bar is never of older facts than those told before it.
@LoopActor final class LiveRemakes {
    /// Makes the streams of an instrument again and tells what changed; the message is what asked for it last.
    typealias Remake = @LoopActor (Symbol, Message) async throws -> Void

    private let context: EngineContext
    private let remake: Remake
    /// What asked for each that waits, and the order in which they came.
    private var waiting: [Symbol: Message] = [:]
    private var order: [Symbol] = []
    private var next = 0
    /// Those under way: a bar of one waits for it.
    private var underWay: Set<Symbol> = []
    private let locks = KeyedLock()
    private var worker: Task<Void, Never>?
    private var isStopping = false, isPausing = false

    init(_ context: EngineContext, _ remake: @escaping Remake) {
        self.context = context
        self.remake = remake
    }

    /// How many wait.
    var count: Int { waiting.count }

    /// Facts of these were stored.
    func add(_ symbols: [Symbol], _ cause: Message) {
        for symbol in symbols where waiting.updateValue(cause, forKey: symbol) == nil { order.append(symbol) }
        work()
    }

    /// Returns when an instrument is not behind its facts. Throws as the remaking does; then it waits on.
    func catchUp(_ symbol: Symbol) async throws {
        if waiting[symbol] != nil || underWay.contains(symbol) { try await make(symbol) }
    }

    /// Returns when the one under way is done; those that wait are given up: their next bar makes them anew.
    func stop() async {
        isStopping = true
        if !isPausing { await worker?.value }
    }

    private func make(_ symbol: Symbol) async throws {
        try await locks.with(symbol.text) {
            guard let cause = waiting.removeValue(forKey: symbol) else { return }
            underWay.insert(symbol)
            defer { underWay.remove(symbol) }
            do {
                try await remake(symbol, cause)
            } catch {
                // Unless it was named again meanwhile.
                if waiting[symbol] == nil { add([symbol], cause) }
                throw error
            }
        }
    }

    private func work() {
        guard worker == nil, !isStopping, !waiting.isEmpty else { return }
        worker = spawn { [self] in
            while !isStopping, let symbol = first() {
                do {
                    try await make(symbol)
                    await Task.yield()
                } catch {
                    await pause(symbol, error)
                }
            }
            worker = nil
            work()
        }
    }

    /// Market data is away: the streams stay as they are until it is back. What fails otherwise is given up.
    private func pause(_ symbol: Symbol, _ error: any Error) async {
        context.logger.warning("live factors are behind the facts", [
            "symbol": .string(symbol.text), "reason": .string("\(error)"),
        ])
        guard (error as? Problem)?.status == 503 || (error as? StoreError)?.isOutage == true else {
            waiting[symbol] = nil
            return
        }
        isPausing = true
        await context.clock.sleep(nanoseconds: 1_000_000_000)
        isPausing = false
    }

    /// The one that has waited longest; nil where none waits.
    private func first() -> Symbol? {
        while next < order.count {
            let symbol = order[next]
            next += 1
            if waiting[symbol] != nil { return symbol }
        }
        order = []
        next = 0
        return nil
    }
}
