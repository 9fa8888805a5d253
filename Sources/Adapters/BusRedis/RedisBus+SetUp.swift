import Bus
import Runtime
import Telemetry

/// After every connect: is it the same Redis with its data, do all groups exist? Only then is written and read.
extension RedisBus {
    func controlUp() {
        transport.reconnects.increment()
        setUp()
    }

    func controlDown(_ reason: String) {
        // Once for each reason, however often it is tried again.
        if isSetUp || problem != reason { services.logger.warning("Redis is away.", ["reason": .string(reason)]) }
        problem = reason
        isSetUp = false
        settingUp = false
        for index in asksFloor.indices { asksFloor[index] = false }
        transport.connected.set(0)
        setGates(false)
    }

    /// A group or stream that should exist does not: somebody deleted it, or all of it.
    func groupsMissing() {
        if isSetUp { setUp() }
    }

    private func setGates(_ open: Bool) {
        for writer in writers { writer.gateOpen = open }
        for reading in readings { reading.setGate(open) }
        acks.gateOpen = open
    }

    /// Makes sure of epoch and groups, with all gates closed meanwhile.
    func setUp() {
        guard control.isReady, !stopped else { return }
        if settingUp {
            setUpAgain = true
            return
        }
        settingUp = true
        setUpAgain = false
        isSetUp = false
        setGates(false)
        let mark = hexadecimal(services.identifiers.next())
        control.send({ _ in }) { [layout] in $0.command(["SET", layout.epochKey, mark, "NX"]) }
        var runID = ""
        control.send({ reply in runID = Self.field("run_id", of: reply?.text ?? "") ?? "" }) {
            $0.command(["INFO", "server"])
        }
        control.send({ [self] reply in
            if let reply { gotEpoch(reply.isError ? nil : "\(reply.text ?? "")/\(runID)") }
        }) { [layout] in $0.command(["GET", layout.epochKey]) }
    }

    static func field(_ name: String, of info: String) -> String? {
        info.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name + ":") }
            .map { String($0.dropFirst(name.count + 1)) }
    }

    private func gotEpoch(_ current: String?) {
        if stopped { return }
        let isReset = epoch != nil && current != nil && epoch != current
        if let current { epoch = current }
        var made: Set<String> = []
        for (number, names) in groups.enumerated() {
            for stream in layout.streams(of: number) {
                for group in names {
                    let key = layout.streams[stream].key
                    let name = "\(key) \(group)"
                    let fromStart = configured[number].contains(group) || groupsMade.contains(name)
                    made.insert(name)
                    control.send({ [self] reply in noteGroup(reply) }) {
                        $0.command(["XGROUP", "CREATE", key, group, fromStart ? "0" : "$", "MKSTREAM"])
                    }
                }
            }
        }
        control.send({ [self] reply in if reply != nil { finishSetUp(isReset: isReset, made: made) } }) {
            $0.command(["INFO", "memory"])
        }
        askMemory()
    }

    private func noteGroup(_ reply: Reply?) {
        guard let reply, reply.isError, let text = reply.text, !text.hasPrefix("BUSYGROUP") else { return }
        problem = "cannot make a group: \(text)"
    }

    private func finishSetUp(isReset: Bool, made: Set<String>) {
        settingUp = false
        groupsMade.formUnion(made)
        if setUpAgain { return setUp() }
        isSetUp = true
        problem = nil
        transport.connected.set(1)
        setGates(true)
        for stream in sent.indices where !sent[stream].isEmpty { expectFloor(stream) }
        if !isReset { return }
        services.logger.warning("Redis was restarted or lost its data; unsettled messages are published again.")
        publishAgain()
    }

    /// What was sent may be gone: whoever keeps lossless messages publishes all that is not settled again.
    func publishAgain() {
        transport.resets.increment()
        for stream in sent.indices {
            unsettled[layout.streams[stream].family] -= sent[stream].count
            sent[stream] = SentLedger()
            trimmed[stream] = .zero
            entriesRead[stream] = [:]
            madeAnew[stream] = false
            oldestSeen[stream] = nil
        }
        for handler in resetHandlers { handler() }
    }

    func askMemory() {
        control.send({ [self] reply in
            guard let text = reply?.text else { return }
            memoryUsed = Self.field("used_memory", of: text).flatMap { Int($0) } ?? 0
            memoryLimit = Self.field("maxmemory", of: text).flatMap { Int($0) } ?? 0
            let part = memoryPart
            transport.memory.set(part)
            for writer in writers { writer.careful = part >= 0.5 }
            if part < services.limits.memoryRefusal, problem?.hasPrefix("Redis refuses") == true { problem = nil }
        }) { $0.command(["INFO", "memory"]) }
    }
}
