public import EngineKit
import Glibc
public import Runtime
import Security
import Store

/// Looks at the chained audit log of the risk engine where the settings say its records are, while it runs or not.
public enum AuditCheck {
    /// Walks the log; `known` is a hash noted before. Throws where there are no records, or they cannot be read.
    @LoopActor public static func verify(
        _ configuration: Configuration, folder: String, known: String?
    ) async throws -> AuditLog.Finding {
        let own = "\(folder)/\(EngineName.risk.rawValue)"
        // To open a file that is not there would make it.
        if configuration.text("DATABASE_URL").isEmpty, access(own + "/records.sqlite", R_OK) != 0 {
            throw StartError(.noInput, "there are no records at \(own)/records.sqlite"
                + DataFolder.sampleHint(folder, [.risk], "audit verify"))
        }
        let records = try await Stores.records(configuration, .risk, own, clock: SystemClock())
        do {
            let finding = try await AuditLog.verify(records, known: known) { Digest.sha256($0) }
            await records.close()
            return finding
        } catch {
            await records.close()
            throw error
        }
    }
}
