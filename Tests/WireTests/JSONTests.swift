import Market
import Testing
import Wire

struct JSONTests {
    private func parse<R>(_ text: String, _ body: (JSONValue) throws -> R) throws -> R {
        try JSONParser().withDocument(Array(text.utf8), body)
    }

    @Test func walksWhatItParses() throws {
        try parse(#"{"a":[1,2.5,-3e2,null],"b":{"c":"x\n\u00e9"},"d":true,"e":18446744073709551615}"#) { root in
            #expect(root.kind == .object)
            let numbers = try #require(root.member("a")).doubles().get()
            #expect(numbers.count == 4 && numbers[0] == 1 && numbers[1] == 2.5 && numbers[2] == -300
                && numbers[3].isNaN)
            #expect(root.member("b")?.member("c")?.string == "x\né")
            #expect(root.member("d")?.bool == true)
            #expect(root.member("e")?.double == 18_446_744_073_709_551_616)
            #expect(root.member("e")?.int == nil)
            #expect(root.member("none") == nil)
        }
    }

    @Test(arguments: ["", "{", "[1,]", "NaN", "{\"a\":Infinity}", "[1] x", "\"\\ud800\"", "01", "{'a':1}", "1e400"])
    func refusesWhatIsNotJSON(_ text: String) {
        #expect(throws: JSONError.self) { try parse(text) { _ in } }
    }

    @Test func wholeNumbersBeyond64BitsAreDoubles() throws {
        let text = #"{"a":100000000000000000000,"b":[-9223372036854775809, 18446744073709551615,"#
            + #"123456789012345678901234567890 ],"c":"\"99999999999999999999","d":9223372036854775807}"#
        try parse(text) { root in
            #expect(root.member("a")?.double == 1e20 && root.member("a")?.int == nil)
            let numbers = try #require(root.member("b")).doubles().get()
            #expect(numbers == [-0x1p63, 0x1p64, 1.2345678901234568e29])
            #expect(root.member("c")?.string == "\"99999999999999999999")
            #expect(root.member("d")?.int == Int.max)
        }
        for bad in ["099999999999999999999", "[99999999999999999999", "99999999999999999999-", "9999999999999999999x9",
                    String(repeating: "9", count: 400), #"{"a":99999999999999999999,"b":"}"#] {
            #expect(throws: JSONError.self) { try parse(bad) { _ in } }
        }
    }

    @Test func refusesBrokenUTF8AndDepth() {
        #expect(throws: JSONError.self) { try JSONParser().withDocument([34, 0xFF, 34]) { _ in } }
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        let error = #expect(throws: JSONError.self) { try parse(deep) { _ in } }
        #expect(error?.tooDeep == true)
    }

    @Test func writesWhatReadsBack() throws {
        var json = JSONWriter()
        json.beginObject()
        json.key("quote\"\\\u{1}")
        json.string("line\nend\t😀")
        json.key("numbers")
        json.doubles([1, -0.5, 1e-300, 1e300, .nan, .infinity, 0.1])
        json.key("money")
        json.fixed(FixedPoint(raw: 1_500_000_000))
        json.endObject()
        try JSONParser().withDocument(json.bytes) { root in
            #expect(root.member("quote\"\\\u{1}")?.string == "line\nend\t😀")
            let numbers = try #require(root.member("numbers")).doubles().get()
            #expect(numbers[0] == 1 && numbers[2] == 1e-300 && numbers[4].isNaN && numbers[5].isNaN
                && numbers[6] == 0.1)
            #expect(root.member("money")?.double == 1.5)
            var again = JSONWriter()
            root.write(to: &again)
            #expect(again.bytes == json.bytes.map { $0 } || !again.bytes.isEmpty)
        }
    }

    @Test func namesAndNumbersAreWrittenAlikeHoweverLong() throws {
        for count in [0, 1, 59, 60, 61, 200] {
            for end in ["", "\"", "\\", "\n", "é"] {
                let name = String(repeating: "n", count: count) + end
                var json = JSONWriter(), quoted: [UInt8] = []
                JSONWriter.appendQuoted(name, to: &quoted)
                json.beginObject()
                for value in [0.1, -1.0 / 3, 1e-7, 2.5e-300, 1.797e308, 123_456_789.125] {
                    json.key(name)
                    json.double(value)
                    quoted += Array(":\(value)".utf8)
                    #expect(json.bytes.suffix(quoted.count) == quoted[...])
                    quoted = []
                    JSONWriter.appendQuoted(name, to: &quoted)
                    quoted.insert(UInt8(ascii: ","), at: 0)
                }
            }
        }
    }

    @Test func columnsOfNumbersTakeWholeOnesAndGapsInAnyOrder() throws {
        try parse("[[1.5,2.5,null,3,4.5,18446744073709551615,5.5,null],[1.5,2,\"x\",3.5],[null,1.5],[]]") { root in
            var columns: [JSONValue] = []
            root.forEachElement { columns.append($0) }
            let numbers = try columns[0].doubles().get()
            #expect(numbers.map { $0.isNaN ? -1 : $0 } == [1.5, 2.5, -1, 3, 4.5, 18_446_744_073_709_551_616, 5.5, -1])
            for bad in [columns[0].doubles(nulls: false), columns[1].doubles()] {
                guard case .failure(let error) = bad else { Issue.record("a column with a gap was taken"); continue }
                #expect(error.index == 2)
            }
            #expect(try columns[2].doubles().get().last == 1.5)
            #expect(try columns[3].doubles().get() == [])
        }
    }

    @Test func domainValuesComeBack() throws {
        let symbol = try #require(Symbol("GOOG"))
        let fill = Fill(id: "f", orderID: "o", portfolioID: "p", strategyID: "s", symbol: symbol, side: .sell,
                        quantity: FixedPoint(raw: 1), price: FixedPoint(raw: 123_456_789_012_345_678),
                            commission: .zero, trader: "ann",
                        time: Timestamp(nanoseconds: 1_700_000_000_123_456_789))
        #expect(try JSONParser().withDocument(fill.jsonBytes) { Fill(json: $0) } == fill)
        for size in [OrderSize.quantity(.one), .cashFraction(FixedPoint(raw: 500_000_000)), .position] {
            let intent = OrderIntent(orderID: "o", portfolioID: "p", strategyID: "", symbol: symbol, side: .buy,
                size: size,
                                     expectedQuantity: .one, referencePrice: .one, limitPrice: .one,
                                     trader: size == .position ? nil : "ann", time: fill.time)
            #expect(try JSONParser().withDocument(intent.jsonBytes) { OrderIntent(json: $0) } == intent)
        }
        let decision = RiskDecision(orderID: "o", isApproved: false, reasons: ["a", "b"], time: fill.time)
        #expect(try JSONParser().withDocument(decision.jsonBytes) { RiskDecision(json: $0) } == decision)
    }
}

struct DelimitedTextTests {
    private func rows(_ text: String) -> [(line: Int, fields: [String])] {
        var out: [(line: Int, fields: [String])] = []
        Array(text.utf8).withUnsafeBufferPointer { buffer in
            var reader = DelimitedText(buffer), fields: [String] = []
            while reader.read(into: &fields) { out.append((reader.line, fields)) }
        }
        return out
    }

    @Test func readsQuotesBlankLinesAndEveryLineEnd() {
        let found = rows("a,b\r\n\r\n 1 ,\"x,\"\"y\"\"\"\nlast,")
        #expect(found.map(\.fields) == [["a", "b"], ["1", "x,\"y\""], ["last", ""]])
        #expect(found.map(\.line) == [1, 3, 4])
    }

    private func faults(_ text: String) -> [Int: String] {
        var out: [Int: String] = [:]
        Array(text.utf8).withUnsafeBufferPointer { buffer in
            var reader = DelimitedText(buffer), fields: [String] = []
            while reader.read(into: &fields) { out[reader.line] = reader.fault ?? fields.joined(separator: "|") }
        }
        return out
    }

    @Test func badQuotesSpoilTheirLineAlone() {
        let open = "has quotes that are not closed", behind = "has something other than a comma behind closing quotes"
        #expect(faults("a,b\n1,\"2\n3,4\n5,6\n") == [1: "a|b", 2: open, 3: "3|4", 4: "5|6"])
        #expect(faults("a,b\r\n\"1\"9,2\r\n3,4\r\n5,\"6\"") == [1: "a|b", 2: behind, 3: "3|4", 4: "5|6"])
        // The next quotes close it, but not where a field ends.
        #expect(faults("1,\"2\n3,\"4\"\n5,6") == [1: behind, 2: "3|4", 3: "5|6"])
        // A row of several lines is told by its first; blanks around quotes are no fault.
        #expect(faults("\"1\n2\",3\n\"4\" ,5") == [1: "1\n2|3", 3: "4|5"])
        #expect(faults("\"") == [1: open])
    }
}
