import Documents
import Market
import TestKit
import Testing
import Wire

@Suite struct ReportTextTests {
    @Test(arguments: [
        (ReportValue.number(1_234_567.891, .money), "1,234,567.89"), (.number(-0.004, .money), "0.00"),
        (.number(-1234.5, .money), "−1,234.50"), (.number(0.125, .money), "0.13"), (.number(0.1234567, .percent), "12.35 %"),
        (.number(-0.05, .percent), "−5.00 %"), (.number(2, .ratio), "2.0000"), (.number(999.5, .count), "1,000"),
        (.number(10.5, .quantity), "10.5"), (.number(100, .quantity), "100"), (.number(.infinity, .money), "–"),
        (.number(1e300, .money), "1e+300"), (.missing("why"), "–"), (.text("x"), "x"),
        (.day(Timestamp(seconds: 0)), "1970-01-01"), (.time(Timestamp(seconds: 0)), "1970-01-01T00:00:00Z"),
    ])
    func numbersAreShownForPeople(_ value: ReportValue, _ text: String) {
        #expect(value.shown == text)
    }

    @Test func whatIsNotFiniteIsMissingWithAReason() {
        #expect(ReportValue.optional(nil, .money) == .missing("not defined"))
        #expect(ReportValue.optional(.nan, .money, or: "no deviation") == .missing("no deviation"))
        #expect(ReportValue.optional(1, .ratio) == .number(1, .ratio))
    }

    @Test func theJSONHoldsTheNumbersThemselves() throws {
        try JSONParser().withDocument(SampleReport.report.json) { root in
            #expect(root.member("report_type")?.string == "sample")
            let sections = try #require(root.member("sections"))
            var names: [String] = [], blocks = 0
            sections.forEachElement { section in
                names.append(section.member("name")?.string ?? "")
                section.member("blocks")?.forEachElement { _ in blocks += 1 }
            }
            #expect(names == ["overview", "holdings"] && blocks == 5)
        }
        let text = String(decoding: SampleReport.report.json, as: UTF8.self)
        #expect(text.contains(#"{"name":"equity","label":"Equity","value":771942.31,"format":"money"}"#))
        #expect(text.contains(#""value":null,"missing":"needs 250 days","reference":"MAR32.9"}"#))
        #expect(text.contains(#"{"symbol":"=SUM(A1)","value":1234567.891,"weight":0.25}"#))
    }

    @Test func theCSVQuotesAndIsNoFormula() {
        let text = String(decoding: SampleReport.report.csv, as: UTF8.self)
        #expect(text.hasPrefix("report,sample\r\ntitle,Sample <report>\r\n"))
        #expect(text.contains("\r\n\r\nholdings,holdings\r\nsymbol,value,weight\r\n'=SUM(A1),1234567.891,0.25\r\n"))
        #expect(text.contains("\"a,\"\"b\"\"\nc\",-0.5,\r\n"))
        #expect(text.contains("\r\nequity,771942.31,\r\n"))
        // The gap of the curve is an empty field.
        #expect(text.contains("T22:13:20Z,\r\n"))
    }

    @Test func thePageIsWholeAndSafe() {
        let text = String(decoding: SampleReport.report.html, as: UTF8.self)
        #expect(text.contains("<h1>Sample &lt;report&gt;</h1>") && text.contains("fund &amp; co"))
        #expect(!text.contains("<script") && !text.contains("http://") && !text.contains("https://"))
        #expect(text.contains("<caption>Holdings</caption>") && text.contains("<th scope=\"col\" class=\"n\">Value</th>"))
        #expect(text.contains("<td class=\"n\" title=\"no price\">–</td>"))
        // The gap cuts the line in two.
        #expect(text.split(separator: "<polyline").count == 3 && text.split(separator: "aria-label=\"Equity, from").count == 2)
        #expect(text.split(separator: "<svg").count == text.split(separator: "</svg>").count)
    }
}
