// Couriers: notices that leave the platform, over libcurl: webhooks and mail. Secrets stay here.
import CCurl
import COpenSSL
public import HTTP
public import Market
import Runtime
import Synchronization

/// Where and as whom notices are sent.
public struct CourierConfiguration: Sendable {
    /// Secrets that webhooks are signed with: each makes a signature, so that one can be replaced by the next.
    public var secrets: [String]
    /// `smtp://host:port` or `smtps://host:port`; empty where no mail is sent.
    public var mailURL = ""
    /// The sender's address; a user and a password, where the server asks for them.
    public var sender = "", user = "", password = ""
    /// Whether a connection that begins in the clear must go on encrypted.
    public var requiresTLS = false
    /// A PEM file of authorities that servers' certificates may come from, beside the system's; empty for those alone.
    public var authorities = ""
    /// How long a webhook and a mail may take, in seconds.
    public var webhookSeconds = 10, mailSeconds = 20

    public init(secrets: [String] = []) { self.secrets = secrets }

    /// Why `authorities` cannot be used; nil where it can.
    public var faultOfAuthorities: String? {
        if authorities.isEmpty { return nil }
        guard let store = X509_STORE_new() else { return "OpenSSL has no room" }
        defer { X509_STORE_free(store) }
        return X509_STORE_load_file(store, authorities) == 1 ? nil : "\(authorities) is no PEM file of certificates"
    }
}

/// Sends over libcurl, each notice on one of a few threads, so that a receiver that hangs holds up no other.
public final class CurlCourier: NoticeCourier {
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
    private let configuration: CourierConfiguration
    private let lanes = Mutex(CourierLanes())

    public init(_ configuration: CourierConfiguration) {
        self.configuration = configuration
        precondition(Self.isReady, "libcurl cannot be used")
    }

    deinit { lanes.withLock { $0.stop() } }

    public func post(_ body: [UInt8], to url: String, id: String, at time: Timestamp) async -> NoticeOutcome {
        if configuration.secrets.isEmpty {
            return .refused("nothing to sign with: set NAUTILUS_WEBHOOK_SECRET_FILE")
        }
        let headers = WebhookSignature.headers(body, id: id, at: time, secrets: configuration.secrets)
        let seconds = configuration.webhookSeconds, authorities = configuration.authorities
        return await on(url) {
            CurlCall.post(body, to: url, headers: headers, authorities: authorities, seconds: seconds)
        }
    }

    public func send(_ mail: NoticeMail) async -> NoticeOutcome {
        if configuration.mailURL.isEmpty || configuration.sender.isEmpty {
            return .refused("no mail is sent: set NAUTILUS_SMTP_URL and NAUTILUS_SMTP_FROM")
        }
        let bytes = MailText.bytes(mail, from: configuration.sender), configuration = configuration
        return await on(mail.to) { CurlCall.mail(bytes, to: mail.to, configuration) }
    }

    /// Runs a call on a thread; what goes to one receiver goes in order.
    private func on(_ target: String, _ call: @escaping @Sendable () -> NoticeOutcome) async -> NoticeOutcome {
        let thread = lanes.withLock { $0.take(target) }
        defer { lanes.withLock { $0.give(back: target) } }
        return await withTaskExecutorPreference(thread) { await offLoop(call) }
    }
}

/// Not isolated, so that it runs where the task's executor preference says.
@concurrent private func offLoop(_ call: @Sendable () -> NoticeOutcome) async -> NoticeOutcome { call() }
