import HTTP
import Quant
import Wire

/// What rule files define: names, series, formulas, and the rules that make factors of them.
struct RuleBook: Sendable {
    /// Names under a name, which `@name` stands for.
    var lists: [String: [String]] = [:]
    /// Names along each axis of a source's series.
    var axes: [SeriesOrigin: [[String]]]
    var selections: [String: SeriesSelection] = [:]
    /// By set, in the order written.
    var formulas: [(set: String, formula: RuleFormula)] = []
    var rules: [FactorRule] = []

    /// Nothing but the series that this version makes of what is stored.
    private init() { axes = [.bars: [SeriesOrigin.barColumns], .facts: [SeriesOrigin.factColumns]] }

    /// The file that this version was built with, `factor-rules.json` beside this one.
    static let builtIn: RuleBook = {
        do throws(FactorRuleFault) {
            return try RuleBook().adding(PackageResources.factor_rules_json, isOwn: false)
        } catch {
            preconditionFailure("the built-in rules: \(error)")
        }
    }()

    /// With the rules of a user's file behind these. Throws every fault of it.
    func adding(_ bytes: [UInt8]) throws(FactorRuleFault) -> RuleBook { try adding(bytes, isOwn: true) }

    private func adding(_ bytes: [UInt8], isOwn: Bool) throws(FactorRuleFault) -> RuleBook {
        let document: RuleDocument
        do {
            document = try RuleDocument.document(bytes)
        } catch let error as JSONError {
            throw FactorRuleFault([JSONFault.first(in: bytes)?.description ?? "it is not JSON: \(error.text)"])
        } catch let problem as Problem {
            throw FactorRuleFault(problem.errors)
        } catch {
            throw FactorRuleFault(["\(error)"])
        }
        var builder = RuleBuilder(self, isOwn: isOwn)
        builder.add(document)
        if !builder.errors.isEmpty { throw FactorRuleFault(builder.errors) }
        return builder.book
    }
}

/// What is wrong with a file of rules: for each fault its line, or its JSON pointer, and the reason.
public struct FactorRuleFault: Error, Equatable, CustomStringConvertible {
    public let faults: [String]

    init(_ faults: [String]) { self.faults = faults }
    init(_ errors: [FieldError]) { faults = errors.map { "\($0.pointer): \($0.message)" } }

    public var description: String { faults.joined(separator: "; ") }
}
