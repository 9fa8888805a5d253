public import Market

/// What became of a notice.
public enum NoticeOutcome: Sendable, Equatable {
    case sent
    /// Not now; why.
    case failed(String)
    /// Never like this; why.
    case refused(String)
}

/// A mail as people read it.
public struct NoticeMail: Sendable, Equatable {
    /// One address.
    public var to: String
    public var subject: String, text: String
    /// The same for each attempt; part of the Message-ID.
    public var id: String
    public var time: Timestamp

    public init(to: String, subject: String, text: String, id: String, time: Timestamp) {
        self.to = to
        self.subject = subject
        self.text = text
        self.id = id
        self.time = time
    }
}

/// Carries notices out of the platform. It alone knows the secrets that this takes.
public protocol NoticeCourier: Sendable {
    /// Posts JSON, signed at a time. `id` is the same for each attempt, so that a receiver knows one that comes twice.
    /// Returns within 15 s.
    func post(_ body: [UInt8], to url: String, id: String, at time: Timestamp) async -> NoticeOutcome
    /// Hands a mail to the server that the settings name. Returns within 30 s.
    func send(_ mail: NoticeMail) async -> NoticeOutcome
}

/// Where nothing leaves the process.
public struct NoCourier: NoticeCourier {
    public init() {}
    public func post(_ body: [UInt8], to url: String, id: String, at time: Timestamp) async -> NoticeOutcome {
        .failed("nothing is sent from here")
    }
    public func send(_ mail: NoticeMail) async -> NoticeOutcome { .failed("nothing is sent from here") }
}
