import Synchronization

/// A user's own rules, added to the built-in ones for as long as the process runs.
public enum FactorRuleFile {
    private static let state = Mutex<(bytes: [UInt8], rules: [FactorRule], isRead: Bool)>(([], [], false))

    /// Adds the rules of a file; before the catalogue is looked at, as it stays what it is from then on. Throws every
    /// fault of the file.
    public static func install(_ bytes: [UInt8]) throws(FactorRuleFault) {
        let rules = Array(try RuleBook.builtIn.adding(bytes).rules.dropFirst(RuleBook.builtIn.rules.count))
        let isLate = state.withLock { state in
            if state.isRead { return state.bytes != bytes }
            state.bytes = bytes
            state.rules = rules
            return false
        }
        if isLate { throw FactorRuleFault(["the catalogue of this process is in use already"]) }
    }

    /// The rules of the catalogue: the built-in ones, then a user's.
    static func rules() -> [FactorRule] {
        RuleBook.builtIn.rules + state.withLock { state in
            state.isRead = true
            return state.rules
        }
    }
}
