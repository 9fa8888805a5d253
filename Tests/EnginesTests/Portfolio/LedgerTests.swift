import Market
@testable import Portfolio
import Testing
import TestKit

/// The ledger's values: books, accounts and the points a late transaction restates.
@Suite struct LedgerTests {
    private static let symbols = ["AAPL", "KO", "MSFT"].compactMap { Symbol($0) }

    /// Draws of a seeded generator, the same every run.
    private struct Draws {
        var state: UInt64
        mutating func next(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        /// Between 0.000001 and 50, to the millionth.
        mutating func amount() -> FixedPoint { FixedPoint(raw: Int128(next(below: 50_000_000) + 1) * 1000) }
    }

    private static func transactions(_ count: Int, seed: UInt64) -> [LedgerTransaction] {
        var draws = Draws(state: seed)
        return (0..<count).map { index in
            let symbol = symbols[draws.next(below: 3)], kind: LedgerTransaction.Kind = switch draws.next(below: 12) {
            case 0: .deposit(draws.amount())
            case 1: .withdrawal(draws.amount())
            case 2: .fee(draws.amount())
            case 3: .interest(draws.amount())
            case 4: .dividend(symbol, draws.amount())
            case 5: .split(symbol, ratio: FixedPoint(draws.next(below: 3) + 2))
            default:
                .trade(symbol, draws.next(below: 2) == 0 ? .buy : .sell, quantity: draws.amount(),
                    price: draws.amount(),
                       commission: draws.next(below: 2) == 0 ? .zero : draws.amount())
            }
            return make(kind, day: index / 3, sequence: index)
        }
    }

    private static func make(_ kind: LedgerTransaction.Kind, day: Int, sequence: Int) -> LedgerTransaction {
        LedgerTransaction(id: "t\(sequence)", kind: kind, currency: "USD",
            time: Timestamp(seconds: Int64(day) * 86_400),
                          sequence: Int64(sequence), note: "")
    }

    private static func account(_ list: [LedgerTransaction], negative: Bool = true) -> Account {
        var account = Account(id: "p", name: "p", currency: "USD", allowsNegativeCash: negative,
                              created: Timestamp(seconds: 0), watched: [])
        for transaction in list { account.add(transaction) }
        return account
    }

    private static func money(_ text: String) throws -> Money { try #require(FixedPoint(text: text)) }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func aLookAheadIsTheAccountAfterBooking(_ seed: UInt64) {
        let all = Self.transactions(120, seed: seed)
        for (known, next) in [(all[..<119], all[119]), (all[40...], all[39])] {
            let before = Self.account(Array(known)), ahead = before.after(next)
            var booked = before
            booked.add(next)
            #expect(ahead.book == booked.book && ahead.watched == booked.watched)
            #expect(ahead.book(at: next.time) == booked.book(at: next.time))
            #expect(before.transactions.count == known.count && booked.transactions.count == known.count + 1)
        }
    }

    @Test(arguments: 1...20) func everyTransactionBalancesAndBothMethodsAgree(_ seed: UInt64) throws {
        var book = Book(), flows = Money.zero
        for transaction in Self.transactions(120, seed: seed) {
            let entries = book.apply(transaction)
            #expect(entries.reduce(Money.zero) { $0 + $1.amount } == .zero)
            flows += entries.filter { $0.account == "cash" }.reduce(.zero) { $0 + $1.amount }
            #expect(book.cash["USD"] ?? .zero == flows)
            for holding in book.holdings.values {
                #expect(holding.lots.reduce(.zero) { $0 + $1.quantity } == holding.quantity)
            }
        }
        #expect(book.trades > 20 && !book.realized.isZero && book.realized != book.realizedFIFO)
        for price in ["0.01", "17.123456789", "1000"] {
            let price = try Self.money(price)
            for holding in book.holdings.values {
                let value = holding.quantity * price
                let average = holding.realized + value - holding.cost
                let fifo = holding.realizedFIFO + value - holding.lots.reduce(.zero) { $0 + $1.cost }
                #expect(average == fifo)
            }
        }
    }

    @Test(arguments: 1...10) func datedBackIsTheSameAsInOrder(_ seed: UInt64) {
        let list = Self.transactions(90, seed: seed), inOrder = Self.account(list)
        var draws = Draws(state: seed &+ 99), shuffled = list
        for index in stride(from: shuffled.count - 1, to: 0, by: -1) {
            shuffled.swapAt(index, draws.next(below: index + 1))
        }
        #expect(shuffled != list)
        let other = Self.account(shuffled)
        #expect(other.transactions == list && other.book == inOrder.book && other.entries() == inOrder.entries())
        // A second delivery changes nothing, and the past is the book of what had happened.
        var again = other
        again.add(list[40])
        #expect(again.book == other.book && again.transactions.count == 90)
        let time = list[44].time
        #expect(other.book(at: time) == Self.account(list.filter { $0.time <= time }).book)
    }

    @Test func aSplitKeepsCostAndAFlipOpensAtTheSalesPrice() throws {
        let symbol = Self.symbols[0]
        func trade(_ side: Side, _ quantity: Int, _ price: Int, _ day: Int) -> LedgerTransaction {
            Self.make(.trade(symbol, side, quantity: FixedPoint(quantity), price: FixedPoint(price), commission: .zero),
                      day: day, sequence: day)
        }
        var account = Self.account([trade(.buy, 10, 100, 1), trade(.buy, 10, 130, 2)])
        account.add(Self.make(.split(symbol, ratio: FixedPoint(3)), day: 3, sequence: 3))
        var holding = try #require(account.book.holdings[symbol])
        #expect(holding.quantity == FixedPoint(60) && holding.cost == FixedPoint(2300))
        #expect(holding.lots.map(\.quantity) == [FixedPoint(30), FixedPoint(30)])
        #expect(holding.lots.map(\.cost) == [FixedPoint(1000), FixedPoint(1300)])
        // 60 long at 2300 sold at 50, 15 of them short: the gain is 60·50 − 2300, cost of the short −15·50.
        account.add(trade(.sell, 75, 50, 4))
        holding = try #require(account.book.holdings[symbol])
        #expect(holding.quantity == FixedPoint(-15) && holding.cost == FixedPoint(-750))
        #expect(holding.realized == FixedPoint(700) && holding.realizedFIFO == FixedPoint(700))
        #expect(holding.averageCost == FixedPoint(50) && holding.lots.count == 1)
        account.add(trade(.buy, 20, 40, 5))
        holding = try #require(account.book.holdings[symbol])
        #expect(holding.quantity == FixedPoint(5) && holding.cost == FixedPoint(200))
        #expect(holding.realized == FixedPoint(850))
        // Dated back before the purchase there is nothing to split.
        let early = account.refusal(of: Self.make(.split(symbol, ratio: FixedPoint(2)), day: 0, sequence: 9))
        #expect(early?.field == "symbol")
    }

    @Test func cashMustBeThereAtEveryLaterTime() {
        let account = Self.account([Self.make(.deposit(FixedPoint(100)), day: 1, sequence: 1),
                                    Self.make(.withdrawal(FixedPoint(80)), day: 3, sequence: 2),
                                    Self.make(.deposit(FixedPoint(100)), day: 5, sequence: 3)], negative: false)
        func refusal(_ amount: Int, _ day: Int) -> Account.Refusal? {
            account.refusal(of: Self.make(.withdrawal(FixedPoint(amount)), day: day, sequence: 9))
        }
        #expect(refusal(120, 6) == nil && refusal(121, 6)?.field == "amount")
        #expect(refusal(20, 2) == nil)
        // 120 are there in the end, but the withdrawal of day 3 would not have been covered.
        #expect(refusal(21, 2)?.reason.contains("-1 USD") == true)
        #expect(refusal(1, 0)?.field == "amount")
    }
}
