import Market
import Quant
import Wire

/// A figure of a filing as it is stored.
struct FilingFact: Sendable, Equatable {
    let symbol: Symbol, concept: FactConcept, period: FactPeriod, periodEnd: Timestamp, filedAt: Timestamp
    let value: Double, unit: String, source: String
}

/// Facts read from a file or a body: the good rows in their order, and what was wrong with the others.
struct FactFile: Sendable {
    private(set) var facts: [FilingFact] = []
    private(set) var rejected: [RejectedRow] = []
    /// Columns that are none of facts.
    private(set) var unused: [String] = []
    /// Longest unit and source.
    private static let textLimit = 64

    /// What is stored of them, in their order: of rows of the same filing of the same figure only the last.
    var filings: [FilingFact] {
        struct Key: Hashable {
            let symbol: Symbol, concept: FactConcept, period: FactPeriod, end: Timestamp, filed: Timestamp
        }
        var places: [Key: Int] = [:], kept: [FilingFact] = []
        for fact in facts {
            let key = Key(symbol: fact.symbol, concept: fact.concept, period: fact.period, end: fact.periodEnd,
                          filed: fact.filedAt)
            if let place = places[key] {
                kept[place] = fact
            } else {
                places[key] = kept.count
                kept.append(fact)
            }
        }
        return kept
    }

    /// One row as text; a column that is not there is nil.
    typealias Row = (_ column: String) -> String?

    private static let required = ["symbol", "concept", "period_end", "filed_at", "value"]
    private static let optional = ["period", "unit", "source"]

    /// Reads CSV with a header of `symbol,concept,period_end,filed_at,value`, and `period,unit,source` where there
    /// are, in any order; other columns are `unused`.
    static func csv(_ bytes: [UInt8]) throws(BarFile.HeaderError) -> FactFile {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw BarFile.HeaderError(reason: "the file is not UTF-8")
        }
        var file = FactFile()
        let fault: BarFile.HeaderError? = bytes.withUnsafeBufferPointer { buffer in
            var text = DelimitedText(buffer), fields: [String] = []
            guard text.read(into: &fields) else { return BarFile.HeaderError(reason: "the file is empty") }
            if let fault = text.fault { return BarFile.HeaderError(reason: "the header \(fault)") }
            let header = fields.map { $0.lowercased() }
            for name in required where !header.contains(name) {
                return BarFile.HeaderError(reason: "the header has no \(name) column")
            }
            if let twice = (required + optional).first(where: { name in header.count { $0 == name } > 1 }) {
                return BarFile.HeaderError(reason: "the header has the column \(twice) twice")
            }
            file.unused = fields.filter { !(required + optional).contains($0.lowercased()) }
            while text.read(into: &fields) {
                if let fault = text.fault {
                    file.rejected.append(RejectedRow(line: text.line, reason: fault))
                    continue
                }
                if fields.count != header.count {
                    file.rejected.append(RejectedRow(
                        line: text.line, reason: "has \(fields.count) fields, the header has \(header.count)"))
                    continue
                }
                file.take(line: text.line) { name in header.firstIndex(of: name).map { fields[$0] } }
            }
            return nil
        }
        if let fault { throw fault }
        return file
    }

    /// Takes a row or says why not.
    mutating func take(line: Int, _ row: Row) {
        switch Self.read(row) {
        case .success(let fact): facts.append(fact)
        case .failure(let fault): rejected.append(RejectedRow(line: line, reason: fault.reason))
        }
    }

    /// Why a row is no fact.
    struct Fault: Error { let reason: String }

    private static func read(_ row: Row) -> Result<FilingFact, Fault> {
        func fault(_ reason: String) -> Result<FilingFact, Fault> { .failure(Fault(reason: reason)) }
        guard let symbol = row("symbol").flatMap({ Symbol($0) }) else { return fault("symbol is none") }
        let name = row("concept") ?? ""
        guard let concept = FactConcept(rawValue: name) else {
            let nearest = NearestFactor.find(name, among: FactConcept.allCases.map(\.rawValue))
            let hint = nearest.map { "; did you mean \($0)?" } ?? ""
            return fault("concept \"\(name.prefix(40))\" is not known" + hint)
        }
        guard let period = row("period").map({ $0.isEmpty ? .annual : FactPeriod(rawValue: $0) }) ?? .annual else {
            return fault("period must be annual or quarter")
        }
        guard let end = row("period_end").flatMap({ Timestamp(iso8601: $0) }) else {
            return fault("period_end is not an ISO-8601 time")
        }
        guard let filed = row("filed_at").flatMap({ Timestamp(iso8601: $0) }) else {
            return fault("filed_at is not an ISO-8601 time")
        }
        if filed < end { return fault("filed_at is before period_end") }
        guard let text = row("value"), let value = Double(text), value.isFinite,
              !text.utf8.contains(where: { $0 | 32 == 120 }) else {
            return fault("value is not a finite number")
        }
        let unit = row("unit") ?? "", source = row("source") ?? ""
        for (name, text) in [("unit", unit), ("source", source)]
        where text.utf8.count > textLimit || text.utf8.contains(0) {
            return fault("\(name) must be a text of at most \(textLimit) characters")
        }
        return .success(FilingFact(symbol: symbol, concept: concept, period: period, periodEnd: end, filedAt: filed,
                                   value: value, unit: unit, source: source))
    }
}
