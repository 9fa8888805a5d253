import Testing
import Wire

@Suite struct JSONFaultTests {
    @Test(arguments: [
        ("", 1, 1), ("{", 1, 2), ("[1,]", 1, 4), ("[1 2]", 1, 4), ("{\"a\" 1}", 1, 6), ("{\n \"a\": tru\n}", 2, 10),
        ("{\"a\": \"b\n\"}", 1, 9), ("[01]", 1, 2), ("[-]", 1, 3), ("[1.]", 1, 4), ("[1e]", 1, 4), ("[] x", 1, 4),
        ("{a: 1}", 1, 2), ("{\"a\": 1,}", 1, 9),
    ])
    func theFirstFaultIsFound(_ text: String, _ line: Int, _ column: Int) {
        let fault = JSONFault.first(in: Array(text.utf8))
        #expect(fault?.line == line && fault?.column == column, "\(String(describing: fault))")
        #expect(throws: JSONError.self) { try JSONParser().withDocument(Array(text.utf8)) { _ in } }
    }

    @Test(arguments: [
        "{}", " [ ] ", "[1, -0.5e+3, 0, true, false, null, \"a\\\"b\"]", "{\"a\": {\"b\": [[]]}}\n", "\"\"", "0",
    ])
    func whatIsJSONHasNone(_ text: String) throws {
        #expect(JSONFault.first(in: Array(text.utf8)) == nil)
        try JSONParser().withDocument(Array(text.utf8)) { _ in }
    }
}
