import HTTP
import Market
import Testing

/// How many errors a body has, and which.
@Suite struct FieldErrorTests {
    private struct Columns: RequestBody {
        static func read(_ fields: FieldReader) -> Columns {
            _ = fields.times("ts", "Times.", required: false)
            let values = fields.numbers("value", "Numbers.", nulls: true) ?? []
            fields.requireAsLong(values, as: "ts", at: "value")
            _ = fields.strings("names", "Names.", required: false)
            return Columns()
        }
    }

    private func refusal(_ json: String) -> Problem? {
        do {
            _ = try Columns.document(Array(json.utf8))
            return nil
        } catch {
            return error as? Problem
        }
    }

    @Test func whatIsNotListedIsCounted() throws {
        let names = Array(repeating: "1", count: 160).joined(separator: ",")
        let problem = try #require(refusal(#"{"value":[],"names":[\#(names)]}"#))
        #expect(problem.errors.count == 100)
        #expect(problem.detail.hasSuffix("(and 159 more; the first 100 are listed)"))
        let few = try #require(refusal(#"{"value":[],"names":[1,2,3]}"#))
        #expect(few.detail.hasSuffix("(and 2 more)"))
    }

    @Test(arguments: [
        (#"{"value":[1,2],"ts":"then"}"#, ["/ts"]), (#"{"value":[1,2],"ts":["then","2024-01-02"]}"#, ["/ts/0"]),
        (#"{"value":[1,2],"ts":["2024-01-02"]}"#, ["/value"]), (#"{"value":[1]}"#, []),
        (#"{"value":[1,2],"ts":["then"]}"#, ["/ts/0", "/value"]),
    ]) func timesThatCannotBeReadMakeNoColumnWrong(_ json: String, _ pointers: [String]) {
        #expect(refusal(json)?.errors.map(\.pointer) ?? [] == pointers)
    }
}
