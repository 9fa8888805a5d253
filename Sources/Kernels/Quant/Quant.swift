// Quant: indicators, expressions, performance, value at risk, backtesting: arithmetic over columns of Double.
// Knows no instrument, no clock, no input or output. Imports Numerics only.
