/// The facts of one company that are known at a moment. Of a period filed more than once the newest filing counts, from
/// the day it was filed on.
struct FactBook {
    private static let day: Int64 = 86_400_000_000_000
    /// So far apart two ends may be and still mean the same day of the fiscal year.
    private static let tolerance = 20 * day
    /// A year before an end.
    static let year = 365 * day
    private static let quarter = 91 * day

    /// Values by the end of their period, ends rising.
    private typealias Line = [(end: Int64, value: Double)]
    private var years: [FactConcept: Line] = [:]
    private var quarters: [FactConcept: Line] = [:]

    /// Takes the next filing; filings come in the order in which they were made.
    mutating func take(_ fact: Fact) {
        if fact.concept.isFlow && fact.period == .quarter {
            Self.put(fact, into: &quarters[fact.concept, default: []])
        } else {
            Self.put(fact, into: &years[fact.concept, default: []])
        }
    }

    /// A filing of a period that is known takes its place, also where it dates the end a few days apart.
    private static func put(_ fact: Fact, into line: inout Line) {
        line.removeAll { TimeSpan.distance($0.end, fact.periodEnd) <= UInt64(tolerance) }
        let place = line.firstIndex { $0.end >= fact.periodEnd } ?? line.count
        line.insert((fact.periodEnd, fact.value), at: place)
    }

    /// The newest end of a balance, or of twelve months of a flow: a year's, or four quarters' in a row.
    func newestEnd(_ concept: FactConcept) -> Int64? {
        let year = years[concept]?.last?.end
        guard concept.isFlow, let end = quarters[concept]?.last?.end, end > year ?? .min else { return year }
        return sumOfQuarters(concept, end).isNaN ? year : end
    }

    /// What stands, or twelve months came to, at an end; the nearest within the tolerance, NaN where there is none.
    func value(_ concept: FactConcept, at end: Int64) -> Double {
        if let found = Self.nearest(years[concept], end) { return found }
        return concept.isFlow ? sumOfQuarters(concept, end) : .nan
    }

    /// The newest that is known; NaN where nothing is.
    func newest(_ concept: FactConcept) -> Double { newestEnd(concept).map { value(concept, at: $0) } ?? .nan }

    /// The newest end of twelve months for which all of these flows are known; nil where there is none.
    func newestEnd(ofAll flows: FactConcept...) -> Int64? {
        guard let first = flows.first, flows.allSatisfy({ years[$0] != nil || quarters[$0] != nil }) else { return nil }
        let ends = ((years[first] ?? []) + (quarters[first] ?? [])).map(\.end).sorted(by: >)
        return ends.first { end in flows.allSatisfy { !value($0, at: end).isNaN } }
    }

    private func sumOfQuarters(_ concept: FactConcept, _ end: Int64) -> Double {
        var total = 0.0
        for back in 0..<4 {
            let time = TimeSpan.time(Int64(back) * Self.quarter, before: end)
            guard let part = Self.nearest(quarters[concept], time) else { return .nan }
            total += part
        }
        return total
    }

    private static func nearest(_ line: Line?, _ end: Int64) -> Double? {
        guard let line, let place = nearestPlace(line, end) else { return nil }
        return line[place].value
    }

    private static func nearestPlace(_ line: Line, _ end: Int64) -> Int? {
        let found = line.indices.min { TimeSpan.distance(line[$0].end, end) < TimeSpan.distance(line[$1].end, end) }
        guard let found, TimeSpan.distance(line[found].end, end) <= UInt64(tolerance) else { return nil }
        return found
    }
}
