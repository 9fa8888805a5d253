public import Bus
import Market
import Runtime
import Telemetry

/// What must be done now and then: settled messages, trimming, claims, lag, memory, stalled connections.
extension RedisBus {
    func keepHouse() {
        ticks += 1
        let stalled = Int64(services.limits.stalledConnectionSeconds) * 1_000_000_000
        control.dropIfStalled(nanoseconds: stalled)
        replyLink?.dropIfStalled(nanoseconds: stalled)
        for writer in writers {
            writer.link.dropIfStalled(nanoseconds: stalled)
            writer.spool.sync()
        }
        for reading in readings { for lane in reading.lanes { lane.link.dropIfStalled(nanoseconds: stalled) } }
        transport.spooled.set(Double(writers.reduce(0) { $0 + $1.spool.count }))
        transport.spool.set(writers.map(\.spool.used).max() ?? 0)
        transport.held.set(Double(writers.reduce(0) { $0 + $1.held }))
        guard isSetUp else { return }
        askMemory()
        trimUnread()
        for stream in layout.streams.indices where layout.streams[stream].declared.delivery == .lossless {
            // Of what is settled within a moment nothing is asked.
            let oldest = sent[stream].oldest
            askFloor(stream, andOldest: oldest != nil && oldest == oldestSeen[stream])
            oldestSeen[stream] = oldest
        }
        if ticks % 2 == 0 { lookForDeadConsumers() }
        if ticks % 5 == 0 { spawn { for lag in await self.toldLag() { self.metrics.setLag(lag) } } }
    }

    // MARK: Settled messages, and trimming behind the slowest group

    /// The first message of a stream that was settled is in Redis: its groups are asked about soon.
    func expectFloor(_ stream: Int) {
        paces[stream].progressed(at: services.clock.monotonic, unsettled: sent[stream].count)
        armFloors()
    }

    /// Sets the timer for the earliest question.
    private func armFloors() {
        let due = paces.reduce(Int64.max) { min($0, $1.due) }
        if due == .max || due >= floorDue || stopped { return }
        floorDue = due
        floorTimer?.cancel()
        let wait = Int((due - services.clock.monotonic + 999_999) / 1_000_000)
        floorTimer = LoopTimer.once(milliseconds: max(1, wait)) { [weak self] in self?.askFloors() }
    }

    /// Asks for the streams whose time has come.
    private func askFloors() {
        floorTimer = nil
        floorDue = .max
        let now = services.clock.monotonic
        for stream in sent.indices where paces[stream].due <= now + FloorPace.shortest / 2 {
            paces[stream].rest()
            if isSetUp { askFloor(stream) }
        }
        armFloors()
    }

    /// Asks what every group has acknowledged of a stream, and with `andOldest` whether the oldest entry that they have
    /// not is there.
    private func askFloor(_ stream: Int, andOldest: Bool = false) {
        let wanted = Set(groups[layout.streams[stream].family])
        if wanted.isEmpty || asksFloor[stream] { return }
        paces[stream].rest()
        asksFloor[stream] = true
        var floors: [String: GroupFloor] = [:], read: [String: Int] = [:]
        let key = layout.streams[stream].key
        let oldest = andOldest ? sent[stream].oldest : nil
        var isThere = true
        if let oldest {
            control.send({ reply in if let reply, !reply.isError { isThere = reply.elements != 0 } }) {
                $0.command(["XRANGE", key, "\(oldest)", "\(oldest)"])
            }
        }
        control.send({ reply in
            for item in reply?.items ?? [] {
                let fields = item.pairs
                guard let name = fields["name"]?.text, wanted.contains(name),
                      let last = fields["last-delivered-id"]?.withBytes({ EntryID($0) })
                else { continue }
                floors[name] = GroupFloor(lastDelivered: last)
                read[name] = fields["entries-read"]?.integer
            }
        }) { $0.command(["XINFO", "GROUPS", key]) }
        var open = wanted.count
        for group in wanted {
            control.send({ [self] reply in
                open -= 1
                let items = reply?.items ?? []
                if items.count > 1, let oldest = items[1].withBytes({ EntryID($0) }) {
                    floors[group]?.oldestPending = oldest
                }
                if open > 0 { return }
                asksFloor[stream] = false
                if reply == nil { return }
                if floors.count < wanted.count { return groupsMissing() }
                let isUnread = oldest.map { entry in floors.values.contains { $0.lastDelivered < entry } } ?? false
                let isGone = isUnread && !isThere && sent[stream].oldest == oldest
                if wasMadeAnew(stream, read) { madeAnew[stream] = true }
                if madeAnew[stream] || isGone, streamWasLost(stream) { return }
                // What the old stream held must not pass for acknowledged while it waits to be published again.
                if madeAnew[stream] { return }
                if let floor = floors.values.map(\.floor).min() { reached(floor, stream) }
            }) { $0.command(["XPENDING", key, group]) }
        }
    }

    /// Whether a group has read less than it had: the stream was deleted, and made again by whoever missed it first.
    /// What this service has sent to the old one would pass for acknowledged as soon as later entries are.
    private func wasMadeAnew(_ stream: Int, _ read: [String: Int]) -> Bool {
        let isAnew = read.contains { $1 < entriesRead[stream][$0] ?? 0 }
        entriesRead[stream].merge(read) { $1 }
        return isAnew
    }

    /// Somebody deleted a stream or cut it off before its groups had read it. False where that was so a moment ago
    /// already.
    private func streamWasLost(_ stream: Int) -> Bool {
        guard losses.note(at: services.clock.monotonic) else { return false }
        services.logger.warning("A stream lost entries that a group had not read; unsettled messages are published again.",
                                ["stream": .string(layout.streams[stream].key)])
        publishAgain()
        return true
    }

    private func reached(_ floor: EntryID, _ stream: Int) {
        let place = layout.streams[stream]
        let before = sent[stream].count
        sent[stream].settle(below: floor) { ids, source in settled.settle(ids, source: source) }
        let done = before - sent[stream].count
        unsettled[place.family] -= done
        let now = services.clock.monotonic
        if done > 0 {
            paces[stream].progressed(at: now, unsettled: sent[stream].count)
        } else {
            paces[stream].stalled(at: now, unsettled: sent[stream].count)
        }
        armFloors()
        // Little and often: a large trim holds Redis up.
        guard place.declared.delivery == .lossless, floor > trimmed[stream] else { return }
        if floor.milliseconds < trimmed[stream].milliseconds + 15 && !sent[stream].isEmpty { return }
        trimmed[stream] = floor
        control.send({ _ in }) { $0.command(["XTRIM", place.key, "MINID", "\(floor)"]) }
    }

    /// Lossless streams that nobody reads are kept within their capacity.
    private func trimUnread() {
        for place in layout.streams where place.declared.delivery == .lossless && groups[place.family].isEmpty {
            control.send({ _ in }) { $0.command(["XTRIM", place.key, "MAXLEN", "~", "\(place.declared.capacity)"]) }
        }
    }

    // MARK: Dead consumers

    private func lookForDeadConsumers() {
        for reading in readings {
            for stream in reading.streams {
                let key = layout.streams[stream].key
                control.send({ [self] reply in
                    for item in reply?.items ?? [] {
                        let fields = item.pairs
                        guard let name = fields["name"]?.text, name != services.instance,
                              let pending = fields["pending"]?.integer, pending > 0,
                              let idle = fields["idle"]?.integer, idle >= services.limits.deadConsumerMilliseconds
                        else { continue }
                        claim(from: name, reading, stream)
                    }
                }) { $0.command(["XINFO", "CONSUMERS", key, reading.group]) }
            }
        }
    }

    private func claim(from consumer: String, _ reading: RedisReading, _ stream: Int) {
        guard let lane = reading.lane(of: stream), lane.hasRoom else { return }
        let key = layout.streams[stream].key
        let idle = "\(services.limits.deadConsumerMilliseconds)"
        control.send({ [self] reply in
            let entries = (reply?.items ?? []).compactMap { $0.items.first?.text }
            if entries.isEmpty { return }
            services.logger.info("Entries of a dead consumer are claimed.", [
                "consumer": .string(consumer), "group": .string(reading.group), "stream": .string(key),
                "entries": .int(entries.count),
            ])
            control.send({ [self] reply in
                guard var reply, !reply.isError else { return }
                transport.claimed.add(reply.elements ?? 0)
                lane.take(&reply, stream: stream, known: lane.ledger.openEntries(of: stream))
                reading.receivedAll()
            }) { $0.command(["XCLAIM", key, reading.group, services.instance, idle] + entries) }
        }) { $0.command(["XPENDING", key, reading.group, "IDLE", idle, "-", "+", "256", consumer]) }
    }

    // MARK: Lag

    /// What the metrics tell: what is before the groups that this process reads for. Where it reads for none that hold
    /// streams back, what is before all of those: a group whose process hangs or has ended tells nothing itself.
    func toldLag() async -> [StreamLag] {
        guard services.limits.tellsLagOfAll else { return await lag() }
        return await lagOfAllGroups { [configured] in configured[$0].contains($1) }
    }

    public func lag() async -> [StreamLag] {
        var all: [StreamLag] = []
        for reading in readings {
            var local: [String: (waiting: Int, pending: Int)] = [:]
            for line in reading.reader.backlog.lag {
                local["\(line.family.name).\(line.partition)"] = (line.waiting, line.pending)
            }
            for stream in reading.streams {
                let place = layout.streams[stream]
                let undelivered = await undelivered(place.key, reading.group)
                let here = local["\(place.declared.name).\(place.partition)"] ?? (0, 0)
                all.append(StreamLag(
                    family: place.declared.name, partition: place.partition, lane: place.declared.lane,
                    group: reading.group, waiting: undelivered, pending: here.waiting + here.pending))
            }
        }
        return all
    }

    /// What every group of every stream has before it, as Redis tells it: for those who read nothing themselves.
    public func lagOfAllGroups() async -> [StreamLag] { await lagOfAllGroups { _, _ in true } }

    private func lagOfAllGroups(where isWanted: (_ family: Int, _ group: String) -> Bool) async -> [StreamLag] {
        var all: [StreamLag] = []
        for place in layout.streams {
            for group in await groups(of: place.key) where isWanted(place.family, group.name) {
                all.append(StreamLag(
                    family: place.declared.name, partition: place.partition, lane: place.declared.lane,
                    group: group.name, waiting: group.waiting, pending: group.pending))
            }
        }
        return all
    }

    /// Entries that no consumer of the group has been given yet.
    private func undelivered(_ key: String, _ group: String) async -> Int {
        await groups(of: key).first { $0.name == group }?.waiting ?? 0
    }

    private func groups(of key: String) async -> [(name: String, waiting: Int, pending: Int)] {
        await withCheckedContinuation { continuation in
            control.send({ reply in
                continuation.resume(returning: (reply?.items ?? []).map(\.pairs).map { group in
                    (group["name"]?.text ?? "", group["lag"]?.integer ?? 0, group["pending"]?.integer ?? 0)
                })
            }) { $0.command(["XINFO", "GROUPS", key]) }
        }
    }
}
