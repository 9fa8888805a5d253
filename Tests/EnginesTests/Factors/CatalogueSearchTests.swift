@testable import Factors
import TestKit
import Testing

/// A text is looked for in bytes that are put together; whether it is there must not depend on that.
@Suite struct CatalogueSearchTests {
    private let catalogue = FactorCatalogue.standard

    /// Parts of ids and expressions: within a name, across the places where they are put together, in upper case, and
    /// what is nowhere.
    private func texts(_ random: inout SeededGenerator) -> [String] {
        var texts = ["zzz", "@", "~", "rank(", "))", ".raw@bars", "1e400"]
        for _ in 0..<8 {
            let factor = catalogue[Int(random.next() % UInt64(catalogue.count))]
            for text in [factor.id, factor.expression] {
                let start = Int(random.next() % UInt64(text.count)), length = 2 + Int(random.next() % 12)
                let part = String(text.dropFirst(start).prefix(length))
                texts += [part, part.uppercased(), part + "§"]
            }
        }
        return texts
    }

    @Test func aSearchFindsWhatHasTheTextInIt() {
        var random = SeededGenerator(seed: 3)
        for text in texts(&random) {
            let needle = text.lowercased()
            // Somewhere in the catalogue, as many as there is time to make.
            let start = Int(random.next() % UInt64(catalogue.count - 1500)), end = start + 1500
            let wanted = (start..<end).filter { number in
                let factor = catalogue[number]
                return factor.id.lowercased().contains(needle) || factor.expression.lowercased().contains(needle)
            }
            var found: [Int] = []
            CatalogueFilter(text: needle, source: nil, category: nil).visit(catalogue, from: start) { number in
                if number < end { found.append(number) }
                return number < end
            }
            #expect(found == wanted, "\(text)")
        }
    }

    @Test func categoriesAndSourcesNarrowIt() throws {
        let sample = catalogue[catalogue.count / 2]
        var count = 0
        CatalogueFilter(text: "1", source: sample.source, category: sample.category).visit(catalogue) { number in
            let factor = catalogue[number]
            #expect(factor.category == sample.category && factor.sources.contains(sample.source))
            count += 1
            return count < 500
        }
        #expect(count == 500)
    }
}
