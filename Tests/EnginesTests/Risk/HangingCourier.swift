import HTTP
import Market
import Synchronization

/// Carries nothing to some targets until it is released.
final class HangingCourier: NoticeCourier {
    private struct State {
        var isReleased = false
        var told: [String] = []
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let hangs: @Sendable (String) -> Bool

    init(_ hangs: @escaping @Sendable (String) -> Bool) { self.hangs = hangs }

    /// The targets that were asked for, in order.
    var told: [String] { state.withLock { $0.told } }

    /// Lets everything pass from now on.
    func release() {
        let waiting = state.withLock { state in
            state.isReleased = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for each in waiting { each.resume() }
    }

    private func carry(_ target: String) async -> NoticeOutcome {
        await withCheckedContinuation { continuation in
            let passes = state.withLock { state in
                state.told.append(target)
                if state.isReleased || !hangs(target) { return true }
                state.waiting.append(continuation)
                return false
            }
            if passes { continuation.resume() }
        }
        return .sent
    }

    func post(_ body: [UInt8], to url: String, id: String, at time: Timestamp) async -> NoticeOutcome {
        await carry(url)
    }

    func send(_ mail: NoticeMail) async -> NoticeOutcome { await carry(mail.to) }
}
