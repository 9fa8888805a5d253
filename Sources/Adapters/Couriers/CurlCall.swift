import CCurl
import HTTP

/// One transfer, which blocks its thread.
enum CurlCall {
    /// Answers that another attempt may change.
    private static let passing: Set<Int> = [408, 409, 425, 429]

    static func post(
        _ body: [UInt8], to url: String, headers: [String], authorities: String, seconds: Int
    ) -> NoticeOutcome {
        guard let handle = curl_easy_init() else { return .failed("libcurl has no room") }
        let detail = Detail(handle)
        defer { withExtendedLifetime(detail) { curl_easy_cleanup(handle) } }
        prepare(handle, url, "http,https", authorities, seconds)
        var list: UnsafeMutablePointer<curl_slist>?
        for header in headers { list = curl_slist_append(list, header) }
        defer { curl_slist_free_all(list) }
        _ = shim_curl_list(handle, CURLOPT_HTTPHEADER, list)
        // An answer that leads elsewhere is not followed.
        _ = shim_curl_long(handle, CURLOPT_FOLLOWLOCATION, 0)
        _ = shim_curl_long(handle, CURLOPT_POST, 1)
        _ = shim_curl_long(handle, CURLOPT_POSTFIELDSIZE, body.count)
        let code = body.withUnsafeBytes { bytes in
            _ = shim_curl_pointer(handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return curl_easy_perform(handle)
        }
        if code != CURLE_OK { return .failed(detail.words(code)) }
        var status = 0
        _ = shim_curl_status(handle, &status)
        switch status {
        case 200..<300: return .sent
        case 400..<500 where !passing.contains(status): return .refused("the receiver answered \(status)")
        default: return .failed("the receiver answered \(status)")
        }
    }

    static func mail(_ text: [UInt8], to address: String, _ configuration: CourierConfiguration) -> NoticeOutcome {
        guard let handle = curl_easy_init() else { return .failed("libcurl has no room") }
        let detail = Detail(handle)
        defer { withExtendedLifetime(detail) { curl_easy_cleanup(handle) } }
        prepare(handle, configuration.mailURL, "smtp,smtps", configuration.authorities, configuration.mailSeconds)
        if configuration.requiresTLS { _ = shim_curl_long(handle, CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue)) }
        if !configuration.user.isEmpty {
            _ = shim_curl_text(handle, CURLOPT_USERNAME, configuration.user)
            _ = shim_curl_text(handle, CURLOPT_PASSWORD, configuration.password)
        }
        _ = shim_curl_text(handle, CURLOPT_MAIL_FROM, "<\(configuration.sender)>")
        let list = curl_slist_append(nil, "<\(address)>")
        defer { curl_slist_free_all(list) }
        _ = shim_curl_list(handle, CURLOPT_MAIL_RCPT, list)
        _ = shim_curl_long(handle, CURLOPT_UPLOAD, 1)
        var source = Source(text)
        let code = withUnsafeMutablePointer(to: &source) { source in
            _ = shim_curl_pointer(handle, CURLOPT_READDATA, source)
            _ = shim_curl_function(handle, CURLOPT_READFUNCTION) { into, size, count, context in
                guard let into, let source = context?.assumingMemoryBound(to: Source.self) else { return 0 }
                return source.pointee.read(into, size * count)
            }
            return curl_easy_perform(handle)
        }
        if code == CURLE_OK { return .sent }
        var status = 0
        _ = shim_curl_status(handle, &status)
        let reason = status > 0 ? "\(detail.words(code)); the server answered \(status)" : detail.words(code)
        // A server that says 5yz does so again.
        return (500..<600).contains(status) ? .refused(reason) : .failed(reason)
    }

    private static func prepare(
        _ handle: UnsafeMutableRawPointer, _ url: String, _ protocols: String, _ authorities: String, _ seconds: Int
    ) {
        _ = shim_curl_text(handle, CURLOPT_URL, url)
        _ = shim_curl_text(handle, CURLOPT_PROTOCOLS_STR, protocols)
        // The system's folder of authorities stays beside it.
        if !authorities.isEmpty { _ = shim_curl_text(handle, CURLOPT_CAINFO, authorities) }
        _ = shim_curl_long(handle, CURLOPT_NOSIGNAL, 1)
        _ = shim_curl_long(handle, CURLOPT_CONNECTTIMEOUT, 5)
        _ = shim_curl_long(handle, CURLOPT_TIMEOUT, seconds)
        // What is answered is of no interest, and never goes to standard output.
        _ = shim_curl_function(handle, CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
    }

    /// Where libcurl writes what exactly went wrong of a transfer.
    private final class Detail {
        private static let size = Int(CURL_ERROR_SIZE)
        private let text = UnsafeMutablePointer<CChar>.allocate(capacity: Detail.size)

        init(_ handle: UnsafeMutableRawPointer) {
            text.initialize(repeating: 0, count: Self.size)
            _ = shim_curl_pointer(handle, CURLOPT_ERRORBUFFER, text)
        }

        deinit { text.deallocate() }

        /// What the code means; of a certificate that is not trusted also why.
        func words(_ code: CURLcode) -> String {
            let words = String(cString: curl_easy_strerror(code))
            return code == CURLE_PEER_FAILED_VERIFICATION ? "\(words): \(String(cString: text))" : words
        }
    }

    /// Bytes that libcurl reads piece by piece.
    private struct Source {
        private let bytes: [UInt8]
        private var at = 0
        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func read(_ into: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
            let count = min(room, bytes.count - at)
            bytes.withUnsafeBytes { from in
                guard count > 0 else { return }
                UnsafeMutableRawPointer(into).copyMemory(from: from.baseAddress! + at, byteCount: count)
            }
            at += count
            return count
        }
    }
}
