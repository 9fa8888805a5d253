/// Portfolios by name. Each has a place of its own, so that a change copies none of it.
struct PortfolioBooks: Sendable {
    private var places: [String: Int] = [:]
    private var books: [PortfolioBook] = []

    /// A portfolio as it is now; nil for one of which nothing was heard.
    subscript(name: String) -> PortfolioBook? { places[name].map { books[$0] } }

    /// Names of those that were told of, in their order.
    var told: [String] { places.filter { books[$0.value].isTold }.keys.sorted() }

    /// Changes a portfolio where it stands; nil for one of which nothing was heard.
    @discardableResult
    mutating func change<T>(_ name: String, _ make: (inout PortfolioBook) -> T) -> T? {
        guard let place = places[name] else { return nil }
        return make(&books[place])
    }

    /// Changes a portfolio where it stands; one of which nothing was heard begins as `fresh`.
    @discardableResult
    mutating func change<T>(
        _ name: String, orNew fresh: @autoclosure () -> PortfolioBook, _ make: (inout PortfolioBook) -> T
    ) -> T {
        if let place = places[name] { return make(&books[place]) }
        places[name] = books.count
        books.append(fresh())
        return make(&books[books.count - 1])
    }
}
