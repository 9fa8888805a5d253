import Factors
import Glibc
import Runtime

/// The file that `NAUTILUS_FACTOR_RULES` names.
enum OwnFactorRules {
    /// Largest file, in bytes.
    static let limit = 4 << 20

    /// Adds its rules to the catalogue of this process; nothing where none is named. Throws where the file cannot be
    /// read, and every fault of it.
    static func install(_ configuration: Configuration) throws(StartError) {
        let path = configuration.text("FACTOR_RULES")
        if path.isEmpty { return }
        guard let bytes = Assets.read(file: path) else {
            let reason = String(cString: strerror(errno))
            throw StartError(.noInput, "NAUTILUS_FACTOR_RULES: \(path) cannot be read: \(reason)")
        }
        guard bytes.count <= limit else {
            throw StartError(
                .configuration, "NAUTILUS_FACTOR_RULES: \(path) has \(bytes.count) bytes, at most \(limit)")
        }
        do throws(FactorRuleFault) {
            try FactorRuleFile.install(bytes)
        } catch {
            throw StartError(.configuration, "NAUTILUS_FACTOR_RULES: \(path): \(error)")
        }
    }
}
