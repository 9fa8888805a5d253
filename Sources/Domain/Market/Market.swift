// Market: instruments, bars, quotes, orders, fills, positions, portfolios, messages, as values.
// Prices, quantities and money are fixed-point at 1e-9; money never goes through Double. Imports nothing.
