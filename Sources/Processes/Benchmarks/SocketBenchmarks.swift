import Hosting
import Runtime

/// `ws.fanout`: deliveries a second to 1,000 sockets, each update to all of them, as fast as they take them; p50 and
/// p99
/// are µs from an update's request to its arrival at a socket, at a steady hundred updates a second. The server is a
/// process of its own; all readers share one thread of this one.
@LoopActor func fanOutBenchmark(folder: String, sockets: Int = 1000, runs: Int = 5) async throws -> Measurement {
    let server = try await EngineServer(.websocket, folder: folder)
    defer { server.stop() }
    let tally = LightReader.Tally()
    let readers = try await openReaders(server, count: sockets, topic: "broadcast.bench", tally)
    defer { for reader in readers { reader.close() } }
    var rates: [Double] = []
    for _ in 0...runs { rates.append(try await burst(server, tally, sockets: sockets, updates: 500)) }
    let perSecond = 100, seconds = 5
    tally.microseconds.reserveCapacity(sockets * perSecond * seconds)
    tally.isTiming = true
    try await pace(server, tally, sockets: sockets, perSecond: perSecond, seconds: seconds)
    guard tally.lost == 0 else { throw StartError(.software, "\(tally.lost) sockets of \(sockets) were closed") }
    return Measurement(
        "ws.fanout", middle(Array(rates.dropFirst())), "deliveries/s", runs: runs,
        p50: quantile(tally.microseconds, 0.5), p99: quantile(tally.microseconds, 0.99), context: [
            ("connections", "\(sockets)"), ("latency_at_deliveries_per_second", "\(sockets * perSecond)"),
            ("latency_unit", "µs"), ("latency_from", "the broadcast's request"),
        ])
}

/// `ws.idle`: resident bytes that the server process grows by for each of 15,000 open sockets, or as many as the limit
/// of
/// open files allows.
@LoopActor func idleSocketsBenchmark(folder: String, wanted: Int = 15_000) async throws -> Measurement {
    let limit = Limits.raiseOpenFiles()
    let count = min(wanted, max(0, limit - 200))
    let server = try await EngineServer(.websocket, folder: folder)
    defer { server.stop() }
    let tally = LightReader.Tally()
    // What the first sockets bring is the server's own: buffers and code that is used for the first time.
    let first = try await openReaders(server, count: 50, topic: nil, tally)
    defer { for reader in first { reader.close() } }
    let before = server.residentBytes()
    let readers = try await openReaders(server, count: count, topic: nil, tally)
    defer { for reader in readers { reader.close() } }
    while try await server.connections() < count + first.count {
        await SystemClock().sleep(nanoseconds: 20_000_000)
    }
    let after = server.residentBytes()
    guard tally.lost == 0 else { throw StartError(.software, "\(tally.lost) sockets were closed") }
    var context = [("connections", "\(count)"), ("resident_before", "\(before)"), ("resident_after", "\(after)"),
                   ("not_counted", "socket buffers of the kernel")]
    if count < wanted { context.append(("limited_by", "\(limit) open files a process")) }
    return Measurement("ws.idle", Double(after - before) / Double(count), "bytes/connection", runs: 1, context: context)
}

/// Opens sockets, a hundred at a time, so that the server's queue of new connections does not overflow.
@LoopActor private func openReaders(
    _ server: EngineServer, count: Int, topic: String?, _ tally: LightReader.Tally
) async throws -> [LightReader] {
    Limits.raiseOpenFiles()
    guard let address = await SocketAddress.resolve(host: "127.0.0.1", port: server.port) else {
        throw StartError(.unavailable, "127.0.0.1 is not an address")
    }
    let already = tally.ready, deadline = SystemClock().monotonic + 120_000_000_000
    var readers: [LightReader] = []
    while readers.count < count {
        for _ in 0..<min(100, count - readers.count) {
            readers.append(try LightReader(address, port: server.port, topic: topic, tally))
        }
        while tally.ready < already + readers.count {
            guard tally.lost == 0, SystemClock().monotonic < deadline else {
                throw StartError(.unavailable, "\(tally.ready - already) sockets of \(readers.count) opened")
            }
            await SystemClock().sleep(nanoseconds: 1_000_000)
        }
    }
    return readers
}

@LoopActor private func send(_ server: EngineServer) async throws {
    try await server.broadcast("broadcast.bench", #"{"price":101.25,"sent":\#(SystemClock().monotonic)}"#)
}

/// Deliveries a second: few updates are on their way at a time, so that no reader falls behind.
@LoopActor private func burst(
    _ server: EngineServer, _ tally: LightReader.Tally, sockets: Int, updates: Int
) async throws -> Double {
    let start = SystemClock().monotonic, before = tally.deliveries
    for update in 0..<updates {
        while tally.deliveries - before < (update - 16) * sockets { await SystemClock().sleep(nanoseconds: 1) }
        try await send(server)
    }
    try await arrival(tally, of: before + updates * sockets)
    return Double(updates * sockets) / (Double(SystemClock().monotonic - start) / 1e9)
}

@LoopActor private func pace(
    _ server: EngineServer, _ tally: LightReader.Tally, sockets: Int, perSecond: Int, seconds: Int
) async throws {
    let start = SystemClock().monotonic, before = tally.deliveries
    for update in 0..<(perSecond * seconds) {
        let due = start + Int64(update) * 1_000_000_000 / Int64(perSecond)
        let wait = due - SystemClock().monotonic
        if wait > 0 { await SystemClock().sleep(nanoseconds: wait) }
        try await send(server)
    }
    try await arrival(tally, of: before + perSecond * seconds * sockets)
}

@LoopActor private func arrival(_ tally: LightReader.Tally, of deliveries: Int) async throws {
    let deadline = SystemClock().monotonic + 60_000_000_000
    while tally.deliveries < deliveries {
        guard tally.lost == 0, SystemClock().monotonic < deadline else {
            throw StartError(.software, "\(deliveries - tally.deliveries) deliveries did not arrive")
        }
        await SystemClock().sleep(nanoseconds: 1_000_000)
    }
}
