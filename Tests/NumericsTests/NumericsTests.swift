import Numerics
import Testing

@Suite struct PhiloxTests {
    /// Known answers of the authors' Random123 library.
    @Test func knownAnswers() {
        #expect(
            Philox(key: SIMD2(0, 0)).block(SIMD4(0, 0, 0, 0))
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            Philox(key: SIMD2(repeating: .max)).block(SIMD4(repeating: .max))
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            Philox(key: SIMD2(0xa409_3822, 0x299f_31d0))
                .block(SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344))
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test func numbersAreUniformAndNormal() {
        let random = Philox(seed: 42)
        let count = 100_000
        var sum = 0.0
        var squares = 0.0
        for index in 0..<count {
            let uniforms = random.uniforms(UInt64(index), stream: 3)
            #expect(uniforms.x > 0 && uniforms.x < 1 && uniforms.y > 0 && uniforms.y < 1)
            let z = random.normal(UInt64(index))
            sum += z
            squares += z * z
        }
        #expect(abs(sum / Double(count)) < 0.01)
        #expect(abs(squares / Double(count) - 1) < 0.02)
        #expect(random.normal(7, stream: 1) != random.normal(7, stream: 2))
    }
}

@Suite struct AlgebraTests {
    @Test func choleskyMultipliesBack() throws {
        let random = Philox(seed: 1)
        for count in 1...8 {
            let root = (0..<count * count).map { random.normal(UInt64($0), stream: UInt64(count)) }
            var matrix = [Double](repeating: 0, count: count * count)
            for row in 0..<count {
                for column in 0..<count {
                    for index in 0..<count {
                        matrix[row * count + column] += root[row * count + index] * root[column * count + index]
                    }
                }
                matrix[row * count + row] += 0.1
            }
            let factor = try #require(Cholesky(matrix, count: count))
            let x = (0..<count).map { Double($0) - 1.5 }
            let right = (0..<count).map { row in
                (0..<count).reduce(0.0) { $0 + matrix[row * count + $1] * x[$1] }
            }
            #expect(zip(factor.solve(right), x).allSatisfy { abs($0 - $1) < 1e-8 })
        }
        #expect(Cholesky([1, 2, 2, 1], count: 2) == nil)
    }

    @Test func statistics() {
        #expect(Statistics.mean([0.1, 0.1, 0.1]) == 0.1)
        #expect(Statistics.variance([1, 2, 3, 4]) == 5.0 / 3)
        #expect(Statistics.covarianceMatrix([[1, 2, 3], [3, 2, 1]]) == [1, -1, -1, 1])
        #expect(Statistics.dot([1, 2, 3, 4, 5], [1, 1, 1, 1, 2]) == 20)
    }

    @Test func quantilesInvertProbabilities() {
        for index in 1..<1_000 {
            let p = Double(index) / 1_000
            #expect(abs(NormalDistribution.cumulative(NormalDistribution.quantile(p)) - p) < 1e-15)
            let chi = ChiSquareDistribution(degrees: 7.3)
            #expect(abs(chi.cumulative(chi.quantile(p)) - p) < 1e-13)
        }
        #expect(NormalDistribution.quantile(0) == -.infinity && NormalDistribution.quantile(2).isNaN)
    }
}
