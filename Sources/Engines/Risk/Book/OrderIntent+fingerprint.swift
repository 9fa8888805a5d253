import Market

extension OrderIntent {
    /// A number of what an intent wants (FNV-1a), the same in every build: kept with the decision, it tells whether an
    /// intent that comes again is the one that was decided. When it was wanted is left out: whoever has lost the answer
    /// may want it once more.
    var fingerprint: Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        func add(_ text: String?) {
            for byte in (text ?? "").utf8 { add(byte) }
            // No UTF-8 holds them: where a text ends, and whether there was one.
            add(text == nil ? 0xfe as UInt8 : 0xff)
        }
        func add(_ value: UInt64) {
            for shift in stride(from: 0, to: 64, by: 8) { add(UInt8(truncatingIfNeeded: value >> shift)) }
        }
        func add(_ value: FixedPoint?) {
            add(value == nil ? 0 as UInt8 : 1)
            let raw = UInt128(truncatingIfNeeded: value?.raw ?? 0)
            add(UInt64(truncatingIfNeeded: raw))
            add(UInt64(truncatingIfNeeded: raw >> 64))
        }
        for text in [orderID, portfolioID, strategyID, symbol.text, side.rawValue] { add(text) }
        switch size {
        case .quantity(let quantity): add(quantity)
        case .cashFraction(let fraction):
            add("cash")
            add(fraction)
        case .position: add("position")
        }
        add(expectedQuantity)
        add(referencePrice)
        add(limitPrice)
        add(trader)
        return Int64(bitPattern: hash)
    }
}
