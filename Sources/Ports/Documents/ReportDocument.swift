// Documents: what a report is, whatever it is printed as. JSON, CSV and HTML are written here, without a library; PDF and
// Excel are an adapter's behind `DocumentPress`. One model makes all five, so they cannot tell different figures.
public import Market

/// A report: who, when, what, and its sections in order. A value; the same content prints to the same bytes.
public struct ReportDocument: Sendable, Equatable {
    /// The report's kind, as in the route: `daily_risk`.
    public var kind: String
    public var title: String
    /// What it is of: a portfolio's id.
    public var subject: String
    /// The currency of its money, as ISO 4217.
    public var currency: String
    /// First and last instant of what it looks at.
    public var from: Timestamp, to: Timestamp
    /// The instant its figures are of.
    public var asOf: Timestamp
    /// How its figures are defined, a sentence each.
    public var conventions: [String]
    /// What the reader must know before trusting it: stale prices, missing inputs. A sentence each.
    public var warnings: [String]
    public var sections: [ReportSection]

    /// A report without sections.
    public init(
        kind: String, title: String, subject: String, currency: String, from: Timestamp, to: Timestamp, asOf: Timestamp,
        conventions: [String] = [], warnings: [String] = [], sections: [ReportSection] = []
    ) {
        self.kind = kind
        self.title = title
        self.subject = subject
        self.currency = currency
        self.from = from
        self.to = to
        self.asOf = asOf
        self.conventions = conventions
        self.warnings = warnings
        self.sections = sections
    }

    /// One line under the title: subject, days and currency.
    public var subtitle: String {
        "\(subject) · \(from.day) to \(to.day) · amounts in \(currency)"
    }
}

/// A heading with what stands under it.
public struct ReportSection: Sendable, Equatable {
    /// Its key in JSON and the name of its sheets: small letters and underscores.
    public var name: String
    public var heading: String
    public var blocks: [ReportBlock]

    /// A section of blocks.
    public init(_ name: String, _ heading: String, _ blocks: [ReportBlock] = []) {
        self.name = name
        self.heading = heading
        self.blocks = blocks
    }
}

/// What a section is made of.
public enum ReportBlock: Sendable, Equatable {
    case paragraph(String)
    case figures([ReportFigure])
    case table(ReportTable)
    case chart(ReportChart)
}

/// One named number.
public struct ReportFigure: Sendable, Equatable {
    /// Its key in JSON.
    public var name: String
    /// What people read.
    public var label: String
    public var value: ReportValue
    /// The paragraph or paper that defines it: `MAR32.9`.
    public var reference: String?

    /// A figure.
    public init(_ name: String, _ label: String, _ value: ReportValue, reference: String? = nil) {
        self.name = name
        self.label = label
        self.value = value
        self.reference = reference
    }
}

/// Rows under named columns; every row has a value for each.
public struct ReportTable: Sendable, Equatable {
    /// A column's key in JSON and CSV, and what people read.
    public struct Column: Sendable, Equatable {
        public var name: String, label: String

        /// A column.
        public init(_ name: String, _ label: String) {
            self.name = name
            self.label = label
        }
    }

    public var name: String, title: String
    public var columns: [Column]
    public var rows: [[ReportValue]]
    /// A last row that sums or closes the table; nil where there is none.
    public var total: [ReportValue]?

    /// A table; rows that are too short or too long are a programming error.
    public init(
        _ name: String, _ title: String, _ columns: [Column], _ rows: [[ReportValue]], total: [ReportValue]? = nil
    ) {
        precondition((rows + (total.map { [$0] } ?? [])).allSatisfy { $0.count == columns.count }, "\(name): a ragged row")
        self.name = name
        self.title = title
        self.columns = columns
        self.rows = rows
        self.total = total
    }

    /// Whether a column holds numbers alone, so that it is set to the right.
    public func isNumeric(_ column: Int) -> Bool {
        let values = rows.map { $0[column] }
        return !values.isEmpty && values.allSatisfy(\.isNumeric)
    }
}

/// Prints what is not text: the adapter over the libraries for PDF and Excel. Any thread; takes tens of milliseconds.
public protocol DocumentPress: Sendable {
    /// The report as PDF with its fonts inside. Throws `DocumentError`.
    func pdf(_ document: ReportDocument) throws(DocumentError) -> [UInt8]

    /// The report as an Excel workbook of real numbers with formats. Throws `DocumentError`.
    func excel(_ document: ReportDocument) throws(DocumentError) -> [UInt8]
}

/// A process without libraries for it: every print says so.
public struct NoPress: DocumentPress {
    /// One for all.
    public init() {}

    public func pdf(_ document: ReportDocument) throws(DocumentError) -> [UInt8] {
        throw DocumentError("this process cannot print PDF")
    }

    public func excel(_ document: ReportDocument) throws(DocumentError) -> [UInt8] {
        throw DocumentError("this process cannot print Excel")
    }
}

/// Why a document cannot be printed.
public struct DocumentError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    /// The reason, for the person who can act.
    public init(_ description: String) { self.description = description }
}
