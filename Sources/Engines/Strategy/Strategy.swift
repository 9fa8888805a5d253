// Strategy
