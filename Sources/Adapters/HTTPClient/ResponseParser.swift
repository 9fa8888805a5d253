// HTTPClient: HTTP/1.1 between the services, kept alive, on the event loop. The only user of http-parser.
import CHTTPParser
import HTTP
import Runtime

/// Turns the bytes of one connection into responses, with http-parser.
@LoopActor final class ResponseParser {
    /// What was parsed of the response under way.
    private(set) var status = 0
    /// Without the fields that belong to the hop or that the server writes itself.
    private(set) var headers = Headers()
    private(set) var contentType = ""
    private(set) var body: [UInt8] = []
    private(set) var isComplete = false
    /// Whether the connection may carry another request.
    private(set) var keepsAlive = false
    private let parser = UnsafeMutablePointer<http_parser>.allocate(capacity: 1)
    private let settings = UnsafeMutablePointer<http_parser_settings>.allocate(capacity: 1)
    private var name = "", value = "", isInValue = false
    /// Whether the field under way is left out.
    private var isUnwanted = false
    private var expectsNoBody = false

    init() {
        http_parser_settings_init(settings)
        settings.pointee.on_header_field = { parser, at, count in ResponseParser.with(parser) { $0.field(at!, count) } }
        settings.pointee.on_header_value = { parser, at, count in ResponseParser.with(parser) { $0.text(at!, count) } }
        settings.pointee.on_headers_complete = { parser in ResponseParser.with(parser) { $0.headComplete() } }
        settings.pointee.on_body = { parser, at, count in
            ResponseParser.with(parser) { this in
                this.body.append(contentsOf: UnsafeRawBufferPointer(start: at, count: count))
                return 0
            }
        }
        settings.pointee.on_message_complete = { parser in
            ResponseParser.with(parser) { this in
                this.isComplete = true
                this.keepsAlive = http_should_keep_alive(this.parser) != 0
                // What follows would be read as a second response and added to this one.
                http_parser_pause(this.parser, 1)
                return 0
            }
        }
    }

    isolated deinit {
        parser.deallocate()
        settings.deallocate()
    }

    @inline(__always)
    private static func with(_ parser: UnsafeMutablePointer<http_parser>?, _ body: @LoopActor (ResponseParser) -> Int32) -> Int32 {
        LoopActor.assumeIsolated {
            body(Unmanaged<ResponseParser>.fromOpaque(parser!.pointee.data).takeUnretainedValue())
        }
    }

    /// Makes ready for the next response.
    func reset(isHead: Bool) {
        http_parser_init(parser, HTTP_RESPONSE)
        parser.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        status = 0
        headers = Headers()
        contentType = ""
        body = []
        isComplete = false
        expectsNoBody = isHead
        name = ""
        value = ""
        isInValue = false
    }

    /// Takes bytes; false when they are not HTTP.
    func feed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let taken = http_parser_execute(parser, settings, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        if !isComplete { return taken == bytes.count }
        // Nobody asked for what follows: whom it answers cannot be told any more.
        if taken < bytes.count { keepsAlive = false }
        return true
    }

    /// The peer closed: complete where the body ran to the end of the connection.
    func finish() -> Bool {
        http_parser_execute(parser, settings, nil, 0)
        return isComplete
    }

    private func field(_ at: UnsafePointer<CChar>, _ count: Int) -> Int32 {
        if isInValue { store() }
        name = name.isEmpty ? Self.string(at, count) : name + Self.string(at, count)
        return 0
    }

    private func text(_ at: UnsafePointer<CChar>, _ count: Int) -> Int32 {
        if !isInValue {
            isInValue = true
            isUnwanted = RequestHead.isHopByHop(name) || Headers.equal(name, "Date")
        }
        if isUnwanted { return 0 }
        value = value.isEmpty ? Self.string(at, count) : value + Self.string(at, count)
        return 0
    }

    private func store() {
        if Headers.equal(name, "Content-Type") {
            contentType = value
        } else if !isUnwanted {
            headers.add(name, value)
        }
        name = ""
        value = ""
        isInValue = false
    }

    private func headComplete() -> Int32 {
        if isInValue { store() }
        status = Int(parser.pointee.status_code)
        let length = parser.pointee.content_length
        if length < 64 << 20 { body.reserveCapacity(Int(length)) }
        return expectsNoBody ? 1 : 0
    }

    private static func string(_ at: UnsafePointer<CChar>, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: at, count: count), as: UTF8.self)
    }
}
