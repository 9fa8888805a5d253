import Bus
import BusRedis
import Glibc
import Market
import Runtime
import TestKit
import Testing

/// A consumer in Python, written from docs/bus.md alone: the block in the document is what runs.
@Suite struct PythonConsumerTests {
    init() { EventLoop.runInBackground() }

    @Test @LoopActor func theDocumentsConsumerReadsOurMessages() async throws {
        guard let python = Python.interpreter else {
            StandardOutput.say("Python consumer skipped: set NAUTILUS_TEST_PYTHON, or make .venv with redis in it.")
            return
        }
        let scene = try RedisScene()
        let families = [TestFamilies.orders, TestFamilies.history]
        let bus = try scene.bus(groups: ["test.order": ["py"], "test.history": ["py"]])
        await bus.start()
        var expected: [String] = []
        for family in families {
            let sent = (0..<3).map { Self.message(family, $0) }
            try bus.publish(sent)
            expected += sent.map(Self.line)
        }
        let streams = ["bus:{test.order.0}:critical", "bus:{test.history.0}:low"]
        try await eventually("all are there") {
            let lengths = try streams.map { try scene.server.command("XLEN", $0) }
            return lengths == [":3\r\n", ":1\r\n"]
        }
        let output = try Python.run(
            python, ["Tests/Python/bus_consumer.py", "docs/bus.md", "\(scene.server.port)", "py"] + streams)
        #expect(output.split(separator: "\n").map(String.init) == expected)
        var settled = false
        try await eventually("our group has acknowledged all") {
            settled = try scene.server.command("XPENDING", streams[0], "py").hasPrefix("*4\r\n:0\r\n")
            return settled
        }
        await bus.stop()
    }

    private static func message(_ family: TopicFamily, _ index: Int) -> Message {
        var message = Message(
            id: MessageID(UInt128(index + 1) << 64), topic: Topic(family.name, index == 0 ? "" : "BRK.é"),
            time: Timestamp(nanoseconds: -3),
            received: Timestamp(nanoseconds: index == 0 ? -3 : 1_700_000_000_123_456_789),
            source: index == 2 ? "other" : "tester", sequence: .max - UInt64(index),
            data: Array(#"{"a":[1,"é",null]}"#.utf8))
        if index > 0 {
            message.cause = MessageID(255)
            message.trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            message.replyTo = "somewhere"
        }
        return message
    }

    /// What the consumer must print.
    private static func line(_ message: Message) -> String {
        func text(_ value: String?) -> String { value.map { "\"\($0)\"" } ?? "null" }
        return "{\"id\": \"\(hexadecimal(message.id.value))\", \"topic\": \"\(message.topic)\", "
            + "\"ts\": \(message.time.nanoseconds), \"received\": \(message.received.nanoseconds), "
            + "\"source\": \"\(message.source)\", \"seq\": \(message.sequence), "
            + "\"cause\": \(text(message.cause.map { hexadecimal($0.value) })), \"trace\": \(text(message.trace)), "
            + "\"reply_to\": \(text(message.replyTo)), \"data\": {\"a\": [1, \"é\", null]}}"
    }
}

/// The interpreter that tests may use: `NAUTILUS_TEST_PYTHON`, or the one of `.venv`.
private enum Python {
    struct Failure: Error { let output: String }

    static var interpreter: String? {
        let named = getenv("NAUTILUS_TEST_PYTHON").map { String(cString: $0) }
        return [named, ".venv/bin/python"].compactMap { $0 }.first { access($0, X_OK) == 0 }
    }

    /// Runs a script in the package's root and returns what it printed.
    static func run(_ python: String, _ arguments: [String]) throws -> String {
        let command = ([python] + arguments).map { "'\($0)'" }.joined(separator: " ")
        guard let stream = popen(command + " 2>&1", "r") else { throw Failure(output: "cannot start \(python)") }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&buffer, 1, buffer.count, stream)
            if count == 0 { break }
            output += buffer[..<count]
        }
        let text = String(decoding: output, as: UTF8.self)
        if pclose(stream) != 0 { throw Failure(output: text) }
        return text
    }
}

private enum StandardOutput {
    static func say(_ text: String) {
        let line = Array((text + "\n").utf8)
        _ = write(1, line, line.count)
    }
}
