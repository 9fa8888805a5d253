public import HTTP
public import Runtime
public import Security

extension AccessPolicy {
    /// The policy that a configuration asks for. An address that others reach needs a key file or `NAUTILUS_AUTH=off`
    /// said aloud: an open door never.
    init(_ configuration: Configuration) throws(StartError) {
        let hosts = configuration.list("PUBLIC_HOSTS") + Self.ownHosts(configuration)
        let origins = configuration.list("CORS_ORIGINS")
        guard configuration.requiresKey else {
            self.init(publicHosts: hosts, origins: origins)
            return
        }
        let file = configuration.text("API_KEY_FILE"), key = configuration.text("API_KEY")
        if file.isEmpty && key.isEmpty {
            let why = configuration.text("AUTH") == "on" ? "NAUTILUS_AUTH=on"
                : "NAUTILUS_HOST=\(configuration.text("HOST")) is not a loopback address and"
            throw StartError(.configuration, "\(why) asks for a key: set NAUTILUS_API_KEY_FILE or NAUTILUS_API_KEY, or "
                + "NAUTILUS_AUTH=off to let everyone in")
        }
        do throws(KeyFileError) {
            let keys = file.isEmpty ? try APIKeys(key: key) : try APIKeys(file: file)
            self.init(requiresKey: true, publicHosts: hosts, origins: origins) { keys.contains($0) }
        } catch {
            throw StartError(.configuration, error.description)
        }
    }

    /// What the services of the platform call each other by: the address that they bind to and the hosts that were
    /// configured. No web page can make its own name one of these.
    private static func ownHosts(_ configuration: Configuration) -> [String] {
        let named = EngineName.allCases.flatMap { name in
            [configuration.host(of: name)] + configuration.calculators(of: name).map(\.host)
        }
        let bound = configuration.bindAddress
        return named + (["0.0.0.0", "::"].contains(bound) ? [] : [bound])
    }

    /// The key that services of one platform and its commands show each other: the first of the key file, or the one that is
    /// set. A file that cannot be read is told, also where no key is asked for.
    public static func peerKey(_ configuration: Configuration) throws(KeyFileError) -> String? {
        let file = configuration.text("API_KEY_FILE"), key = configuration.text("API_KEY")
        if !file.isEmpty { return try APIKeys.first(in: file) }
        return key.isEmpty ? nil : key
    }
}
