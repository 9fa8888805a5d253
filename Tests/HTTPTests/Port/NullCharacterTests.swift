import HTTP
import Testing

/// The character U+0000 is kept by no store, so none gets past the port.
@Suite struct NullCharacterTests {
    private struct Body: RequestBody {
        let name: String, words: [String], weights: [(name: String, value: Double)]

        static func read(_ fields: FieldReader) -> Body {
            Body(name: fields.string("name", "A name."), words: fields.strings("words", "Words.", required: false),
                 weights: fields.numberMap("weights", "Numbers.", required: false))
        }
    }

    private func refusal(_ json: String) -> Problem? {
        do {
            _ = try Body.document(Array(json.utf8))
            return nil
        } catch {
            return error as? Problem
        }
    }

    @Test(arguments: [
        (#"{"name":"a\u0000"}"#, "/name"), (#"{"name":"a","words":["b","\u0000"]}"#, "/words/1"),
        (#"{"name":"a","weights":{"b\u0000":1}}"#, "/weights/b\0"),
    ])
    func textOfABodyIsRefusedWithItsPlace(_ json: String, _ pointer: String) throws {
        let problem = try #require(refusal(json))
        #expect(problem.status == 422)
        #expect(problem.errors.map(\.pointer) == [pointer])
        #expect(problem.errors.first?.message == "must not have the character U+0000 in it")
    }

    @Test func otherControlCharactersAreTaken() {
        #expect(refusal(#"{"name":"a\u0001\n","words":["\u007f"]}"#) == nil)
    }

    @Test(arguments: ["a%00", "%00", "a%0", "%zz", "%ff"]) func escapesThatStandForNoTextAreNone(_ text: String) {
        #expect(PercentCoding.decode(text, plusIsSpace: true) == nil)
        #expect(PercentCoding.query("name=\(text)") == nil)
    }
}
