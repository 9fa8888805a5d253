// Quant: indicators, expressions, performance, value at risk, backtesting: arithmetic over columns of Double.
// Knows no instrument, no clock, no input or output. Imports Numerics only.
//
// Series       bars and panels as columns; a null is NaN
// Kernel       one bar-by-bar computation, driven as a batch or as a stream with the same bits
// Windows      sums, moments and extremes of the last n values that never drift
// Indicators   a file each, and their catalogue
// Functions    the rest of the expression language's functions
// Expressions  text to tree to program; batch over a panel, stream over one instrument; the alphas
// Performance  figures of returns, as empyrical defines them
// Backtest     rules and weights
// Risk         value at risk, and what limits are compared with
// Forecast     volatility and price baselines
