@testable import MarketData
import Market
import Store
import Testing
import TestKit

/// What the door lets in, and what it says about the rest.
@Suite struct BarFileTests {
    private func read(_ text: String) throws -> BarFile { try BarFile.csv(Array(text.utf8)) }

    @Test func badRowsAreListedWithLineAndReason() throws {
        let file = try read("""
            ts,open,high,low,close,volume
            2024-01-02,10,11,9,10.5,100
            2024-01-03,10,9,11,10,100
            2024-01-04,10,10.5,9,11,100
            2024-01-05,10,12,10.5,11,100
            2024-01-08,nan,12,9,11,100
            2024-01-09,inf,12,9,11,100
            2024-01-10,10,12,9,,100
            2024-01-11,10,12,9,11,-1
            2024-01-12,-10,12,9,11,1
            2024-01-02,10,11,9,10.5,100
            yesterday,10,11,9,10.5,100
            2024-01-15,10,11,9
            2024-01-16,ten,11,9,10.5,100
            2024-01-17,0x10,17,9,10.5,100
            2024-01-18,10,11,9,10.5,100
            """)
        #expect(file.total == 15 && file.rows.count == 2 && file.rejected.map(\.line) == Array(3...15))
        let reasons = [
            "high is below low", "high is below open or close", "low is above open or close", "is not a number",
            "open is infinite", "close is missing", "volume must be", "open must be above 0", "the same time as line 2",
            "is not an ISO-8601 time", "has 4 fields, the header has 6", "open \"ten\"", "open \"0x10\"",
        ]
        for (row, reason) in zip(file.rejected, reasons) { #expect(row.reason.contains(reason), "\(row)") }
    }

    @Test func noNumberIsLargerThanOthersMayBe() throws {
        let file = try read("""
            ts,open,high,low,close,volume
            2024-01-02,1e308,1e308,9,10.5,100
            2024-01-03,10,11,9,10.5,1e16
            2024-01-04,1e15,1e15,1e15,1e15,1e15
            """)
        #expect(file.rejected.map(\.reason) == ["open must be at most 1e15", "volume must be at most 1e15"])
        #expect(file.rows.count == 1 && file.unused.isEmpty)
    }

    @Test func fileMayStartWithAMarkBeNewestFirstAndHaveFewColumns() throws {
        let file = try read("\u{FEFF}Close,TS\r\n12,2024-01-04\r\n\r\n11,2024-01-03\r\n10,1704153600000\r\n")
        #expect(file.rejected.isEmpty && file.rows.column("close") == [10, 11, 12])
        #expect(file.rows.ts.map { $0 / 86_400_000_000_000 } == [19_724, 19_725, 19_726])
        #expect(file.rows.column("open")?.allSatisfy(\.isNaN) == true)
        for (text, word) in [("", "empty"), ("close\n1\n", "ts column"), ("ts,open\n2024-01-02,1\n", "close column")] {
            #expect { try read(text) } throws: { ($0 as? BarFile.HeaderError)?.reason.contains(word) == true }
        }
        #expect(throws: BarFile.HeaderError.self) { try BarFile.csv([0x74, 0x73, 0xFF, 0x0A]) }
    }

    /// Which of the two would count is nobody's guess.
    @Test func aColumnThatComesTwiceIsRefused() throws {
        for header in ["ts,close,close", "ts,close,TS", "ts,close,Volume,volume", "ts,close,vwap,vwap"] {
            #expect { try read(header + "\n") } throws: {
                ($0 as? BarFile.HeaderError)?.reason.contains("twice") == true
            }
        }
        // What is not read may be there as often as it likes.
        #expect(try read("ts,note,close,note\n2024-01-02,a,5,b\n").rows.column("close") == [5])
    }

    @Test func quotesThatCrossOrGoBackAreFaults() throws {
        let symbol = try #require(Symbol("KO"))
        func quote(_ bid: Double, _ ask: Double, _ second: Int64 = 10) -> Quote {
            Quote(symbol: symbol, time: Timestamp(seconds: second), bid: bid, ask: ask)
        }
        let now = Timestamp(seconds: 20)
        var board = QuoteBoard()
        #expect(board.fault(in: quote(10, 10), at: now) == nil && board.fault(in: quote(.nan, 10), at: now) == nil)
        for bad in [quote(11, 10), quote(.nan, .nan), quote(0, 1), quote(1, .infinity), quote(-1, .nan)] {
            #expect(board.fault(in: bad, at: now) != nil)
        }
        board.take(quote(10, 11))
        #expect(board.fault(in: quote(10, 11, 9), at: now)?.contains("before") == true)
        #expect(board.fault(in: quote(10, 11), at: now) == nil)
        for index in 0...QuoteBoard.quarantineLimit {
            board.quarantine(quote(11, 10), "\(index)", at: Timestamp(seconds: 1))
        }
        #expect(board.quarantined.count == QuoteBoard.quarantineLimit && board.quarantined.first?.reason == "1")
    }

    /// Quotes that are not closed do not take the rest of the file with them, and nothing behind them is dropped.
    @Test func badQuotesAreListedByTheirLine() throws {
        let file = try read("ts,close\n2024-01-02,\"10\n2024-01-03,11\n2024-01-04,\"1\"9\n2024-01-05,\"13\"\n")
        #expect(file.rejected.map(\.line) == [2, 4] && file.rows.column("close") == [11, 13])
        #expect(file.rejected.map(\.reason) == [
            "has something other than a comma behind closing quotes",
            "has something other than a comma behind closing quotes",
        ])
        #expect { try read("ts,\"close\n2024-01-02,1\n") } throws: {
            ($0 as? BarFile.HeaderError)?.reason == "the header has quotes that are not closed"
        }
    }
}
