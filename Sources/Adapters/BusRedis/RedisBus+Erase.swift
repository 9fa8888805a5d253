public import Bus
import Runtime

extension RedisBus {
    /// Stops, and deletes exactly the keys that this bus made: streams, dead letters, epoch, replies. For benchmarks
    /// and tests, which use a prefix of their own; with the default prefix nothing is deleted.
    public func stopAndErase() async {
        if layout.prefix == "bus:" { return await stop() }
        await stop { [self] in
            var keys = [layout.epochKey, layout.replyKey(services.instance)]
            for place in layout.streams { keys += [place.key, place.deadKey] }
            await withCheckedContinuation { continuation in
                control.send({ _ in continuation.resume() }) { $0.command(["UNLINK"] + keys) }
            }
        }
    }

    /// Removes a group from all streams of this bus, with what it had not acknowledged: the one way to discard messages.
    /// For a group whose engine is not part of the platform any more; a process that is still configured with the group
    /// makes it again, from the beginning. Returns from how many streams it was removed.
    public func dropGroup(_ name: String) async throws(BusError) -> Int {
        for number in groups.indices { groups[number].removeAll { $0 == name } }
        var removed = 0
        for place in layout.streams {
            let count: Int? = await withCheckedContinuation { continuation in
                control.send({ reply in
                    // An error says that there is no such stream.
                    continuation.resume(returning: reply.map { $0.isError ? 0 : $0.integer ?? 0 })
                }) { $0.command(["XGROUP", "DESTROY", place.key, name]) }
            }
            guard let count else { throw .unavailable(problem ?? "Redis is away") }
            removed += count
        }
        return removed
    }
}
