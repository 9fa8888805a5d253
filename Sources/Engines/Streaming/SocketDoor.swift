import EngineKit
import HTTP
import Runtime

/// Takes handshakes: which paths are sockets, and what a new one is subscribed to.
@LoopActor final class SocketDoor: WebSocketAcceptor {
    private let hub: StreamHub
    private let registrations: Registrations
    private let hasEcho: Bool
    private var echoes: [ObjectIdentifier: (client: EchoClient, socket: any WebSocket)] = [:]

    init(_ hub: StreamHub, _ registrations: Registrations, hasEcho: Bool) {
        self.hub = hub
        self.registrations = registrations
        self.hasEcho = hasEcho
    }

    func isSocket(_ path: String) -> Bool {
        switch SocketPath(path) {
        case nil: false
        case .echo: hasEcho
        default: true
        }
    }

    func opened(_ socket: any WebSocket) -> any WebSocketDelegate {
        switch SocketPath(socket.request.path) {
        case .echo:
            let client = EchoClient { [weak self] client in self?.echoes[ObjectIdentifier(client)] = nil }
            echoes[ObjectIdentifier(client)] = (client, socket)
            return client
        case .fixed(let topics):
            let client = open(socket)
            // These texts are topics by construction.
            try? hub.subscribe(client, .init(topics: topics, snapshot: true), id: nil)
            return client
        default: return open(socket)
        }
    }

    /// A connection that was registered before keeps its number and its subscriptions.
    private func open(_ socket: any WebSocket) -> Client {
        let named = PercentCoding.query(socket.request.query)?.first { $0.name == "connection_id" }?.value
        guard let named else { return hub.open(socket, id: hub.context.identifiers.next()) }
        guard let id = UInt128(named, radix: 16), registrations.take(id) else {
            let client = hub.open(socket, id: hub.context.identifiers.next())
            client.socket.send(ServerText.error(.init(code: "unknown_connection",
                message: "no connection \(named.prefix(64)) was registered, or it is open already")))
            return client
        }
        let client = hub.open(socket, id: id)
        hub.adopt(client)
        return client
    }

    func closeAll() {
        for (_, socket) in echoes.values { socket.close(code: 1001, reason: "the engine stops") }
    }
}
