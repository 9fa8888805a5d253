// Numerics: linear algebra, statistics, distributions, random numbers, solvers over columns of Double.
// Knows no instrument, no clock, no input or output. Imports nothing but the C mathematics library.
