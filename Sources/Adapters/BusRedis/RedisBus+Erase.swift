import Bus
import Runtime

extension RedisBus {
    /// Ends all reading and deletes exactly the keys that this bus made: streams, dead letters, epoch, replies. For
    /// benchmarks and tests, which use a prefix of their own; with the default prefix it does nothing.
    public func eraseKeys() async {
        if layout.prefix == "bus:" { return }
        for reading in readings { await reading.stop() }
        for timer in timers { timer.cancel() }
        timers = []
        replyLink?.close()
        await drain()
        var keys = [layout.epochKey, layout.replyKey(services.instance)]
        for place in layout.streams { keys += [place.key, place.deadKey] }
        await withCheckedContinuation { continuation in
            control.send({ _ in continuation.resume() }) { $0.command(["UNLINK"] + keys) }
        }
    }
}
