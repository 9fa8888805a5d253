import TestKit
import Testing
import Wire

struct NumberTextTests {
    private static func text(_ value: Double) -> String {
        var out: [UInt8] = []
        appendDouble(value, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// The standard library's shortest text is the measure; whole numbers are told apart from it below 2^53 alone.
    private func isAsStandard(_ value: Double) -> Bool {
        value.isFinite ? Self.text(value) == value.description : Self.text(value) == "null"
    }

    @Test func everyKindOfNumberIsWrittenAsTheStandardLibraryDoes() {
        var random = SeededGenerator(seed: 5)
        var values: [Double] = []
        for _ in 0..<100_000 {
            values.append(Double(bitPattern: random.next()))
            values.append(Double(Int64(bitPattern: random.next()) >> 20) / 1e6)
            values.append(Double(random.next() >> 40) / 100 * 0.01)
        }
        #expect(values.first { !isAsStandard($0) } == nil)
        #expect(zip(Self.column(values), values).first { $0 != ($1.isFinite ? $1.description : "null") } == nil)
    }

    @Test func neighboursOfPowersAreWrittenAsTheStandardLibraryDoes() {
        var ten = 1e-300
        for exponent in -1074...1023 {
            let two = powerOfTwo(exponent)
            for value in [two, two.nextUp, two.nextDown, -two] where value.isFinite {
                #expect(isAsStandard(value), "\(value)")
            }
        }
        while ten < 1e300 {
            for value in [ten, ten.nextUp, ten.nextDown, ten * 9.5] { #expect(isAsStandard(value), "\(value)") }
            ten *= 10
        }
        for value in [0, -0.0, 1, -1, 0.1, 0.0001, 0.00012345, 0.00001, 9.999999e-5, 1e15, 999_999_999_999_999,
                      999_999_999_999_999.9, 1_125_899_906_842_624.25, .leastNonzeroMagnitude,
                      .leastNormalMagnitude, .greatestFiniteMagnitude, .nan, .infinity, -.infinity] {
            #expect(isAsStandard(value), "\(value)")
        }
    }

    /// Numbers half way between decimals, and the ends of what one double stands for, are where a nearly exact rule errs.
    @Test func closeCallsAreDecidedAsTheStandardLibraryDoes() {
        var random = SeededGenerator(seed: 11)
        var values: [Double] = []
        for exponent in -14...49 {
            let least = powerOfTwo(exponent)
            for step in 0..<300 {
                let low = UInt64(step), some = random.next() >> 12
                for fraction in [low, (1 << 52) - 1 - low, some, some & ~0xFFFFF, some | 0xFFF, 1 << (some % 52)] {
                    values.append(Double(bitPattern: least.bitPattern | fraction))
                }
            }
            // Seventeen digits that end in 5, and their neighbours.
            for _ in 0..<300 {
                let decimal = (least * Double(random.next() >> 40)).rounded() / 8 + least
                values += [decimal, decimal.nextUp, decimal.nextDown].filter { $0 > 0 }
            }
        }
        #expect(values.first { !isAsStandard($0) || !isAsStandard(-$0) } == nil)
        #expect(Self.column(values) == values.map(\.description))
    }

    private static func column(_ values: [Double]) -> [String] {
        var json = JSONWriter()
        json.doubles(values)
        return String(decoding: json.bytes.dropFirst().dropLast(), as: UTF8.self).split(separator: ",").map(String.init)
    }

    private func powerOfTwo(_ exponent: Int) -> Double {
        exponent < -1022
            ? Double(bitPattern: 1 << UInt64(exponent + 1074)) : Double(sign: .plus, exponent: exponent, significand: 1)
    }

    /// Longer than one piece of those a column is put together of.
    @Test(arguments: [0, 1, 2, 341, 5000]) func aColumnIsItsNumbersWithCommas(count: Int) {
        var random = SeededGenerator(seed: 9)
        let values = (0..<count).map { $0 % 7 == 3 ? .nan : Double(Int64(bitPattern: random.next())) / 1e11 }
        var column = JSONWriter(), apart = JSONWriter()
        column.doubles(values)
        apart.beginArray()
        for value in values { apart.double(value) }
        apart.endArray()
        #expect(column.bytes == apart.bytes)
        let text = "[" + values.map { $0.isNaN ? "null" : $0.description }.joined(separator: ",") + "]"
        #expect(String(decoding: column.bytes, as: UTF8.self) == text)
    }

    @Test(arguments: [0, 7, -7, 10, 99_999_999, 100_000_000, -123_456_789_012_345_678, 99_999_999_999_999_999,
                      100_000_000_000_000_000, Int.max, Int.min])
    func wholeNumbersAreWrittenWithAllTheirDigits(value: Int) {
        var out: [UInt8] = []
        appendInteger(value, to: &out)
        #expect(String(decoding: out, as: UTF8.self) == "\(value)")
    }
}
