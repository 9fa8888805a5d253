import EngineKit
import HTTP
import Runtime
import Telemetry

extension StreamHub {
    static let heartbeatNanoseconds: Int64 = 30_000_000_000
    /// A connection without a sign of life for so long is closed.
    static let silenceNanoseconds: Int64 = 300_000_000_000
    /// A reader that takes nothing for so long while something waits is too slow.
    static let stallNanoseconds: Int64 = 30_000_000_000
    private static let ping = SocketFrame(opcode: 9, [])

    /// Looks at every connection; called once a second.
    func tick() {
        let now = context.clock.monotonic
        if nextHeartbeat == 0 { nextHeartbeat = now + Self.heartbeatNanoseconds }
        let isBeat = now >= nextHeartbeat
        for client in clients.values {
            tellMissed(client)
            watchStall(client, now)
            if isBeat { watchSilence(client, now) }
        }
        if isBeat {
            nextHeartbeat = now + Self.heartbeatNanoseconds
            beat()
        }
    }

    private func beat() {
        let frame = ServerText.heartbeat(epoch: epoch, context.clock.now, connections: clients.count)
        for client in clients.values {
            client.socket.send(frame)
            // Answered by every WebSocket library itself, so that a client that only listens shows it is there.
            client.socket.send(Self.ping)
        }
    }

    private func tellMissed(_ client: Client) {
        let count = client.socket.takeConflated()
        if count == 0 { return }
        client.missed += count
        metrics.conflated.add(count)
        client.socket.send(ServerText.missed(count, context.clock.now))
    }

    private func watchStall(_ client: Client, _ now: Int64) {
        let sent = client.socket.sentBytes
        if client.socket.queuedBytes == 0 || sent != client.sentBytes {
            client.sentBytes = sent
            client.stalledAt = nil
            return
        }
        let since = client.stalledAt ?? now
        client.stalledAt = since
        if now - since >= Self.stallNanoseconds { client.socket.close(code: 1008, reason: "the reader is too slow") }
    }

    private func watchSilence(_ client: Client, _ now: Int64) {
        let heard = client.socket.receivedBytes
        if heard != client.heardBytes {
            client.heardBytes = heard
            client.heardAt = now
        } else if now - client.heardAt >= Self.silenceNanoseconds {
            metrics.dead.increment()
            client.socket.close(code: 1001, reason: "no sign of life")
        }
    }
}
