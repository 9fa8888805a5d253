// Reports: PDF through libharu and Excel through libxlsxwriter, behind the port `Documents`. Each print makes its own
// document of the library and frees it; nothing is shared, so any thread may print.
public import Documents

/// Prints reports with the libraries of this machine.
public struct ReportPress: DocumentPress {
    /// Fonts that hold every letter we write; Debian's package fonts-dejavu-core.
    public struct Fonts: Sendable {
        public var regular: String, bold: String

        /// Paths of TrueType files.
        public init(
            regular: String = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
            bold: String = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
        ) {
            self.regular = regular
            self.bold = bold
        }
    }

    private let fonts: Fonts
    private let scratch: String

    /// A press with fonts, and a folder for the workbook while it is made; it is deleted at once.
    public init(fonts: Fonts = Fonts(), scratch: String = "/tmp") {
        self.fonts = fonts
        self.scratch = scratch
    }

    public func pdf(_ document: ReportDocument) throws(DocumentError) -> [UInt8] {
        var writer = try PDFWriter(fonts)
        try writer.write(document)
        return try writer.finish()
    }

    public func excel(_ document: ReportDocument) throws(DocumentError) -> [UInt8] {
        try ExcelWriter.bytes(of: document, scratch: scratch)
    }
}
