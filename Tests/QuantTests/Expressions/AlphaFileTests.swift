@testable import Quant
import Testing

@Suite struct AlphaFileTests {
    private static func refusal(_ text: String) -> QuantError? {
        do throws(QuantError) {
            _ = try AlphaFile("own", Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test func aFileIsReadLineByLine() throws {
        let file = try AlphaFile("own", Array("""
            # A remark.
            title: Our own
            source: Somebody (2020), page {n}

            007 price -1 * rank(close)
            GAP volume open / delay(close, 1) - 1
            """.utf8))
        #expect(file.name == "own" && file.title == "Our own")
        #expect(file.alphas == [
            Alpha(id: "own.007", expression: "-1 * rank(close)", category: "price", source: "Somebody (2020), page 7"),
            Alpha(id: "own.GAP", expression: "open / delay(close, 1) - 1", category: "volume",
                  source: "Somebody (2020), page GAP"),
        ])
    }

    @Test func aFaultBearsItsLine() {
        #expect(Self.refusal("title: a\nsource: b\n001 price")?.message.hasPrefix("own, line 3") == true)
        #expect(Self.refusal("title: a\n001 price close")?.message.hasPrefix("own, line 2") == true)
        let twice = Self.refusal("title: a\nsource: b\n1 p close\n\n1 p open")
        #expect(twice?.message == "own, line 5: 1 is there already" && twice?.code == .data)
        #expect(Self.refusal("title: a\nsource: b\n")?.code == .data)
    }

    @Test func theBuiltInFilesAreWhole() {
        #expect(AlphaFile.builtIn.map(\.alphas.count) == [101, 158, 360])
        #expect(AlphaCatalog.collections.map(\.name) == ["alpha101", "alpha158", "alpha360"])
        #expect(AlphaCatalog.collections.map(\.title) == ["101 Formulaic Alphas", "Qlib's Alpha158", "Qlib's Alpha360"])
    }
}
