// Factors
