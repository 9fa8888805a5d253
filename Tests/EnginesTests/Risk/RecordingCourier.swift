import HTTP
import Market
import Synchronization

/// Keeps what it is asked to carry, and answers as it is told.
final class RecordingCourier: NoticeCourier {
    struct Sent: Sendable, Equatable {
        let target: String, id: String, text: String
    }

    private let state = Mutex<(sent: [Sent], outcomes: [NoticeOutcome])>(([], []))

    /// What was carried.
    var sent: [Sent] { state.withLock { $0.sent } }
    /// The next outcomes; `sent` where none is left.
    func answer(_ outcomes: [NoticeOutcome]) { state.withLock { $0.outcomes = outcomes } }

    private func take(_ sent: Sent) -> NoticeOutcome {
        state.withLock { state in
            state.sent.append(sent)
            return state.outcomes.isEmpty ? .sent : state.outcomes.removeFirst()
        }
    }

    func post(_ body: [UInt8], to url: String, id: String, at time: Timestamp) async -> NoticeOutcome {
        take(Sent(target: url, id: id, text: String(decoding: body, as: UTF8.self)))
    }

    func send(_ mail: NoticeMail) async -> NoticeOutcome {
        take(Sent(target: mail.to, id: mail.id, text: mail.subject + "\n" + mail.text))
    }
}
