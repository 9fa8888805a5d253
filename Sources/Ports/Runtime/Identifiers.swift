import Synchronization

/// Unique identifiers and random numbers, passed in so that a replay gives the same ones.
public protocol IdentifierSource: Sendable {
    /// A fresh 128-bit number.
    func next() -> UInt128
}

extension IdentifierSource {
    /// A fresh identifier: 32 hexadecimal digits.
    public func nextText() -> String { hexadecimal(next()) }
}

/// 32 hexadecimal digits of a 128-bit number.
public func hexadecimal(_ value: UInt128) -> String {
    let digits = StaticHex.digits
    return String(unsafeUninitializedCapacity: 32) { out in
        var high = UInt64(truncatingIfNeeded: value >> 64), low = UInt64(truncatingIfNeeded: value)
        for index in stride(from: 15, through: 0, by: -1) {
            out[index] = digits[Int(truncatingIfNeeded: high & 15)]
            out[index + 16] = digits[Int(truncatingIfNeeded: low & 15)]
            high >>= 4
            low >>= 4
        }
        return 32
    }
}

/// Bytes as lower-case hexadecimal digits.
public func hexadecimal(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.flatMap { [StaticHex.digits[Int($0 >> 4)], StaticHex.digits[Int($0 & 15)]] }, as: UTF8.self)
}

private enum StaticHex {
    static let digits = Array("0123456789abcdef".utf8)
}

/// Identifiers no other process makes: a random 64-bit half drawn from the operating system once, and a count.
public final class ProcessIdentifiers: IdentifierSource {
    private let high: UInt64
    private let count = Atomic<UInt64>(0)

    public init() {
        var system = SystemRandomNumberGenerator()
        high = system.next()
    }

    public func next() -> UInt128 {
        UInt128(high) << 64 | UInt128(count.wrappingAdd(1, ordering: .relaxed).newValue)
    }
}

/// The same identifiers on every run: a given half and a count. For replays and tests.
public final class SeededIdentifiers: IdentifierSource {
    private let high: UInt64
    private let count = Atomic<UInt64>(0)
    public init(seed: UInt64) { high = seed }
    public func next() -> UInt128 {
        UInt128(high) << 64 | UInt128(count.wrappingAdd(1, ordering: .relaxed).newValue)
    }
}
