@testable import Factors
import Quant
import Testing

/// Rules of a user's own.
@Suite struct RuleFileTests {
    private static func added(_ text: String) throws -> FactorCatalogue {
        FactorCatalogue(try RuleBook.builtIn.adding(Array(text.utf8)).rules)
    }

    private static func faults(_ text: String) -> [String] {
        do throws(FactorRuleFault) {
            _ = try RuleBook.builtIn.adding(Array(text.utf8))
            return []
        } catch {
            return error.faults
        }
    }

    private static let formula = #"{"set": "my", "name": "my_gap", "category": "own", "text": "{a}/ts_mean({a},{w})-1", "#
        + #""windows": [7, 40]}"#

    @Test func ownRulesStandBehindTheBuiltInOnes() throws {
        let catalogue = try Self.added("""
            {"about": "ours",
             "lists": [{"name": "my_prices", "words": ["close", "vwap"]}],
             "selections": [{"name": "mine", "source": "bars", "axes": ["@my_prices volume"]}],
             "formulas": [\(Self.formula)],
             "rules": [{"series": ["mine"], "formulas": ["my"], "transforms": ["raw", "rank"]},
                       {"series": ["key_facts"], "formulas": ["my.my_gap"]},
                       {"series": ["mine", "volume"], "formulas": ["quotient"], "category": "unused"}]}
            """)
        let standard = FactorCatalogue.standard
        #expect(catalogue.count == standard.count + 3 * 2 * 2 + 8 * 2 + 3 * 2)
        for number in [0, 5000, standard.count - 1] { #expect(catalogue[number].id == standard[number].id) }
        let number = try #require(catalogue.number("my_gap.40.rank@bars.vwap")), factor = catalogue[number]
        #expect(number >= standard.count && factor.category == "own" && factor.source == "bars")
        #expect(factor.expression == "rank(vwap/ts_mean(vwap,40)-1)")
        #expect(catalogue.number("my_gap.7.raw@facts.earnings_yield") != nil && catalogue.number("my_gap.8.raw@bars.vwap") == nil)
        #expect(standard.number("my_gap.40.rank@bars.vwap") == nil)
    }

    @Test func aFileThatIsNoJSONIsToldByItsLine() {
        #expect(Self.faults("{\n  \"rules\": [\n    {\"series\": [\"bars\" \"facts\"]}\n  ]\n}")
            == ["line 3, column 24: '\"' stands where a comma or ']' is expected"])
        #expect(Self.faults("{\"rules\": [") == ["line 1, column 12: the document ends where a value is expected"])
        #expect(Self.faults("[]").count == 1 && Self.faults("").count == 1)
    }

    @Test(arguments: [
        (#"{}"#, "/rules: is required"),
        (#"{"rules": [], "rule": 1}"#, "/rule: is not a member here"),
        (#"{"rules": [{"series": ["bar"], "formulas": ["daily"]}]}"#,
         "/rules/0/series/0: there is no selection or source 'bar'; did you mean 'bars'?"),
        (#"{"rules": [{"series": ["bars"], "formulas": ["dayly"]}]}"#, "/rules/0/formulas/0: there is no set of formulas"),
        (#"{"rules": [{"series": ["bars"], "formulas": ["daily"]}]}"#, "which is there already"),
        (#"{"rules": [{"series": ["fred"], "formulas": ["daily"], "transforms": ["log"]}]}"#, "/rules/0/transforms/0"),
        (#"{"rules": [{"series": ["fred", "bars"], "formulas": ["daily"]}]}"#, "reads 1 series, the rule has 2"),
        (#"{"rules": [{"series": ["facts"], "formulas": ["figure"]}]}"#, "neither level nor the rule has a category"),
        (#"{"rules": [{"series": ["trading_economics", "dbnomics"], "formulas": ["pair"]}]}"#, "a file may make 5000000"),
        (#"{"rules": [], "series": [{"source": "fred", "axes": ["x"]}]}"#, "the series of fred are there already"),
        (#"{"rules": [], "lists": [{"name": "growth", "words": ["a"]}]}"#, "/lists/0/name: growth is there already"),
        (#"{"rules": [], "selections": [{"name": "x", "source": "bars", "axes": ["clsoe"]}]}"#,
         "/selections/0/axes/0: there is no series of bars 'clsoe'; did you mean 'close'?"),
        (#"{"rules": [], "selections": [{"name": "x", "source": "fred", "axes": ["@fed"]}]}"#, "there is no list 'fed'"),
        (#"{"rules": [], "selections": [{"name": "x", "source": "dbnomics", "axes": ["imf"]}]}"#, "named along 2 axes"),
        (#"{"rules": [], "formulas": [{"set": "my", "name": "zscore", "category": "c", "text": "{a}"}]}"#,
         "/formulas/0/name: zscore is a built-in formula"),
        (#"{"rules": [], "formulas": [{"set": "daily", "name": "x", "category": "c", "text": "{a}"}]}"#,
         "/formulas/0/set: daily is a built-in set"),
        (#"{"rules": [], "formulas": [{"set": "my", "name": "X y", "category": "c", "text": "{a}"}]}"#, "must be of a-z"),
        (#"{"rules": [], "formulas": [{"set": "my", "name": "x", "text": "ts_men({a},{w})", "windows": [3]}]}"#,
         "/formulas/0/text: "),
        (#"{"rules": [], "formulas": [{"set": "my", "name": "x", "text": "delay({a},-1)"}]}"#, "/formulas/0/text: "),
        (#"{"rules": [], "formulas": [{"set": "my", "name": "x", "text": "rank({a})"}]}"#, "/formulas/0/text: "),
        (#"{"rules": [], "formulas": [{"set": "my", "name": "x", "text": "ts_mean({a},{w})"}]}"#, "has {w} and no windows"),
        (#"{"rules": [], "formulas": [{"set": "my", "name": "x", "text": "{a}", "windws": [3]}]}"#,
         "/formulas/0/windws: is not a member here"),
        (#"{"rules": [], "formulas": [{"set": "my", "name": "x", "text": "delay({a},{w})", "windows": [3, 2.5]}]}"#,
         "/formulas/0/windows/1: must be a whole number"),
    ])
    func aFaultIsToldWhereItIs(_ text: String, _ expected: String) {
        let faults = Self.faults(text)
        #expect(faults.contains { $0.contains(expected) }, "\(faults)")
    }

    @Test func everyFaultIsTold() {
        let faults = Self.faults("""
            {"lists": [{"name": "Big", "words": ["a"]}], "rules": [],
             "formulas": [{"set": "my", "name": "x", "text": "{a}+"}, {"set": "my", "name": "y", "text": "{q}"}]}
            """)
        #expect(faults.count == 3 && faults[0].hasPrefix("/lists/0/name") && faults[2].hasPrefix("/formulas/1/text"))
    }
}
