import EngineKit
import HTTP
import Runtime
import Telemetry

/// Hands requests on to the services that own them, and tells callers what went wrong where nothing came back.
@LoopActor final class Forwarder {
    /// Tries of one request, the first included.
    static let attempts = 2
    /// The pause before a second try.
    static let pauseNanoseconds: Int64 = 25_000_000

    /// One service as seen from here.
    private final class Target {
        let name: EngineName
        var breaker = CircuitBreaker()
        /// The instances that only calculate.
        var calculators: CalculatorRing
        let seconds: Histogram, failures: Counter, retries: Counter, refusals: Counter, state: Gauge

        init(_ name: EngineName, calculators: Int, _ registry: MetricsRegistry) {
            self.name = name
            self.calculators = CalculatorRing(count: calculators)
            let text = name.rawValue
            seconds = registry.histogram("nautilus_gateway_forward_duration_seconds",
                                         "Time until a service's answer was there.", ["target": text])
            failures = registry.counter("nautilus_gateway_forward_failures_total",
                                        "Requests that a service did not answer.", ["target": text])
            retries = registry.counter("nautilus_gateway_forward_retries_total", "Requests sent a second time.",
                                       ["target": text])
            refusals = registry.counter("nautilus_gateway_breaker_refusals_total",
                                        "Requests refused because the service's circuit breaker was open.",
                                        ["target": text])
            state = registry.gauge("nautilus_gateway_breaker_state",
                                   "The circuit breaker: 0 closed, 1 half open, 2 open.", ["target": text])
        }
    }

    private let context: EngineContext
    private let enabled: Set<EngineName>
    private let timeout: Int64
    private var targets: [EngineName: Target] = [:]

    init(_ context: EngineContext) {
        self.context = context
        enabled = Set(context.configuration.engines)
        timeout = Int64(context.configuration.int("GATEWAY_TIMEOUT_MS")) * 1_000_000
        for name in EngineName.engines {
            let calculators = context.configuration.calculators(of: name).count
            targets[name] = Target(name, calculators: calculators, context.registry)
        }
    }

    /// How a service's breaker stands, and what went through.
    func figures(
        of engine: EngineName
    ) -> (state: CircuitBreaker.State, requests: Int, seconds: Double, failures: Int) {
        guard let target = targets[engine] else { return (.closed, 0, 0, 0) }
        let totals = target.seconds.totals
        return (target.breaker.state, totals.count, totals.sum, target.failures.value)
    }

    /// Sends a request on and calls `done` once. No task is made for it: most requests go out and come back by calls.
    func forward(
        _ request: Request, to engine: EngineName, isCalculation: Bool = false,
        _ done: @escaping Application.Completion
    ) {
        guard let target = targets[engine], enabled.contains(engine) else {
            let problem = Problem.unavailable(engine.rawValue, "the service is not part of this platform (NAUTILUS_ENGINES)")
            return done(problem.response(instance: request.path))
        }
        let start = context.clock.monotonic
        if isCalculation, let number = target.calculators.next(at: start) {
            let errand = Errand(target: target, request: Self.outgoing(request), start: start, number: 1)
            return calculate(errand, at: number, done)
        }
        forwardToFull(request, target, start, done)
    }

    private func forwardToFull(
        _ request: Request, _ target: Target, _ start: Int64, _ done: @escaping Application.Completion
    ) {
        let before = target.breaker.state, admission = target.breaker.admit(at: start)
        if target.breaker.state != before { target.state.set(Double(target.breaker.state.rawValue)) }
        if case .refused(let wait) = admission, !Self.isUrgent(request) {
            target.refusals.increment()
            return done(Self.refusal(target.name, wait).response(instance: request.path))
        }
        attempt(Errand(target: target, request: Self.outgoing(request), start: start, number: 1), now: start, done)
    }

    /// A request on its way.
    private struct Errand {
        let target: Target, request: Request, start: Int64
        /// Which try it is, from 1.
        var number: Int
    }

    /// A calculation changes nothing: where an instance does not answer, the full one is asked.
    private func calculate(_ errand: Errand, at number: Int, _ done: @escaping Application.Completion) {
        let target = errand.target
        context.peers.send(errand.request, toCalculator: number, of: target.name, deadlineNanoseconds: timeout) {
            [self] result in
            switch result {
            case .success(let response):
                target.calculators.succeeded(number)
                target.seconds.observe(Double(context.clock.monotonic - errand.start) / 1e9)
                done(response)
            case .failure(let error):
                target.failures.increment()
                target.calculators.failed(number, at: context.clock.monotonic)
                if error == .timedOut {
                    return done(Self.problem(error, target.name, timeout).response(instance: errand.request.path))
                }
                target.retries.increment()
                forwardToFull(errand.request, target, errand.start, done)
            }
        }
    }

    private func attempt(_ errand: Errand, now: Int64, _ done: @escaping Application.Completion) {
        let left = max(1_000_000, errand.start + timeout - now)
        context.peers.send(errand.request, to: errand.target.name, deadlineNanoseconds: left) { [self] result in
            switch result {
            case .success(let response):
                succeeded(errand.target, errand.start)
                done(response)
            case .failure(let error):
                failed(errand.target)
                repeatOrGiveUp(errand, error, done)
            }
        }
    }

    private func repeatOrGiveUp(_ errand: Errand, _ error: PeerError, _ done: @escaping Application.Completion) {
        let isSafe = errand.request.method == .get || errand.request.method == .options
        guard error != .timedOut, isSafe || error.isUnseen, errand.number < Self.attempts,
              errand.target.breaker.state == .closed,
              context.clock.monotonic + Self.pauseNanoseconds < errand.start + timeout else {
            return done(Self.problem(error, errand.target.name, timeout).response(instance: errand.request.path))
        }
        errand.target.retries.increment()
        var next = errand
        next.number += 1
        spawn { [self, next] in
            await context.clock.sleep(nanoseconds: Self.pauseNanoseconds)
            attempt(next, now: context.clock.monotonic, done)
        }
    }

    private func succeeded(_ target: Target, _ start: Int64) {
        if target.breaker.failures > 0 || target.breaker.state != .closed {
            target.breaker.succeeded()
            target.state.set(0)
        }
        target.seconds.observe(Double(context.clock.monotonic - start) / 1e9)
    }

    private func failed(_ target: Target) {
        target.failures.increment()
        let before = target.breaker.state
        target.breaker.failed(at: context.clock.monotonic)
        target.state.set(Double(target.breaker.state.rawValue))
        if before == .closed && target.breaker.state == .open {
            context.logger.warning("circuit breaker open", ["target": .string(target.name.rawValue)])
        }
    }

    // MARK: Requests and problems

    /// Whether it stops orders or takes one back: that is tried whatever others have met.
    static func isUrgent(_ request: Request) -> Bool {
        switch request.method {
        case .post: request.path == "/api/v1/risk/kill-switch"
            || request.path.hasPrefix("/api/v1/strategies/deployments/") && request.path.hasSuffix("/stop")
        case .delete: request.path.hasPrefix("/orders/")
        default: false
        }
    }

    /// The request as it goes on: its id made known, and what belongs to this hop left out. HEAD becomes GET, so that
    /// the length told is the real one; the server leaves the body out.
    static func outgoing(_ request: Request) -> Request {
        var sent = request
        if sent.method == .head { sent.method = .get }
        sent.isHandedOn = true
        sent.headers.removeOfThisHop()
        switch request.headers["X-Request-ID"] {
        case request.requestID: break
        case nil: sent.headers.add("X-Request-ID", request.requestID)
        default: sent.headers.set("X-Request-ID", request.requestID)
        }
        return sent
    }

    private static func refusal(_ engine: EngineName, _ wait: Int64) -> Problem {
        var problem = Problem.unavailable(engine.rawValue, "the service did not answer lately; it is tried again soon")
        problem.headers.set("Retry-After", "\(max(1, (wait + 999_999_999) / 1_000_000_000))")
        return problem
    }

    static func problem(_ error: PeerError, _ engine: EngineName, _ timeout: Int64) -> Problem {
        switch error {
        case .unreachable(let reason):
            return .unavailable(engine.rawValue, "the service cannot be reached: \(reason)")
        case .broken(let reason):
            return .unanswered(502, engine.rawValue, "the service broke off, and may have acted: \(reason)")
        case .timedOut:
            return .unanswered(504, engine.rawValue, "the service did not answer within \(timeout / 1_000_000) ms")
        }
    }
}
