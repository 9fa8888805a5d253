public import HTTP
import Market

extension FieldReader {
    /// The optional member `trader`: a name that `OrderIntent.isTrader` takes; nil where it is left out or wrong.
    public func trader(_ doc: String) -> String? {
        guard let name = optionalString("trader", doc, length: 1...64) else { return nil }
        require(OrderIntent.isTrader(name), "trader", "must have no control character and no space at either end")
        return name
    }
}
