/// Puts a WebSocket message together from its frames (RFC 6455 §5.4). Control frames may come between them.
struct MessageAssembler {
    /// What a frame leads to.
    enum Action: Equatable {
        case none
        case message([UInt8], isText: Bool)
        case pong([UInt8])
        case closed(code: Int)
        /// Our close code for what the peer did wrong.
        case fail(code: Int, reason: String)
    }

    /// The most bytes of one message.
    let limit: Int
    private var buffer: [UInt8] = []
    private var isText = false, isOpen = false

    init(limit: Int) { self.limit = limit }

    mutating func take(opcode: UInt8, isFinal: Bool, payload: [UInt8]) -> Action {
        switch opcode {
        case 8: return close(payload)
        case 9: return .pong(payload)
        case 10: return .none
        case 0 where !isOpen: return .fail(code: 1002, reason: "a continuation without a start")
        case 1, 2:
            if isOpen { return .fail(code: 1002, reason: "a new message inside another") }
            isText = opcode == 1
            if isFinal { return finish(payload) }
            isOpen = true
            buffer = payload
            return .none
        default:
            if buffer.count + payload.count > limit { return .fail(code: 1009, reason: "the message is too large") }
            buffer.append(contentsOf: payload)
            if !isFinal { return .none }
            let whole = buffer
            buffer = []
            isOpen = false
            return finish(whole)
        }
    }

    private func finish(_ payload: [UInt8]) -> Action {
        if isText, String(validating: payload, as: UTF8.self) == nil {
            return .fail(code: 1007, reason: "text that is not UTF-8")
        }
        return .message(payload, isText: isText)
    }

    private func close(_ payload: [UInt8]) -> Action {
        if payload.isEmpty { return .closed(code: 1000) }
        guard payload.count >= 2 else { return .fail(code: 1002, reason: "a broken close") }
        guard String(validating: payload.dropFirst(2), as: UTF8.self) != nil else {
            return .fail(code: 1007, reason: "a reason that is not UTF-8")
        }
        let code = Int(payload[0]) << 8 | Int(payload[1])
        let known = (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
        return known ? .closed(code: code) : .fail(code: 1002, reason: "an unknown close code")
    }
}
