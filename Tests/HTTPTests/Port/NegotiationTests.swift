@testable import HTTP
import Testing

/// Which form of an answer a caller gets.
@Suite struct NegotiationTests {
    private static let csv = "text/csv", arrow = "application/vnd.apache.arrow.stream"

    @Test(arguments: [
        ("*/*", nil), ("application/json", nil), ("text/csv", csv), (arrow, arrow), ("text/csv;q=0, application/json", nil),
        ("text/csv;q=0", nil), ("text/html", nil), ("text/csv, application/json", csv), ("application/json, text/csv", nil),
        ("application/json;q=0.2, text/csv;q=0.4", csv), ("text/csv;q=0.5, */*", nil), ("text/csv, */*;q=0.1", csv),
        ("text/*", csv), ("application/*", nil), ("text/csv; header=present", csv), ("TEXT/CSV", csv),
        ("application/json;q=0, */*", csv), ("text/csv;q=2, application/json", nil), ("text/csv;Q=0 ,*/*;q=0.3", nil),
        ("application/json;q=0.9,text/csv;q=0.8,\(arrow);q=0.95", arrow),
    ] as [(String, String?)]) func weightsDecide(_ accept: String, _ type: String?) {
        #expect(Table.mediaType(Request(method: .get, path: "/", headers: ["Accept": accept])) == type)
    }

    @Test func severalFieldsAreOneList() {
        let request = Request(method: .get, path: "/", headers: ["Accept": "application/json;q=0.5", "accept": "text/csv"])
        #expect(Table.mediaType(request) == Self.csv)
        #expect(Table.mediaType(Request(method: .get, path: "/")) == nil)
    }
}
