import CHaru
import Documents
import Glibc

/// One PDF while it is made: pages, fonts and lines of text, over libharu. Lengths are points; y grows upwards.
final class PDFCanvas {
    /// A4.
    static let width = 595.28, height = 841.89

    let document: HPDF_Doc
    private let regular: HPDF_Font, bold: HPDF_Font
    private(set) var pages: [HPDF_Page] = []

    /// Opens a document with its fonts inside.
    init(_ fonts: ReportPress.Fonts) throws(DocumentError) {
        guard let document = HPDF_New(nil, nil) else { throw DocumentError("libharu cannot make a document") }
        self.document = document
        HPDF_UseUTFEncodings(document)
        HPDF_SetCompressionMode(document, HPDF_UINT(HPDF_COMP_ALL))
        func font(_ path: String) -> HPDF_Font? {
            guard let name = HPDF_LoadTTFontFromFile(document, path, HPDF_BOOL(HPDF_TRUE)) else { return nil }
            return HPDF_GetFont(document, name, "UTF-8")
        }
        guard let regular = font(fonts.regular), let bold = font(fonts.bold) else {
            HPDF_Free(document)
            throw DocumentError("no font at \(fonts.regular) or \(fonts.bold); install fonts-dejavu-core")
        }
        self.regular = regular
        self.bold = bold
    }

    deinit { HPDF_Free(document) }

    /// A new page, drawn on from now on.
    func addPage() {
        guard let page = HPDF_AddPage(document) else { return }
        HPDF_Page_SetSize(page, HPDF_PAGE_SIZE_A4, HPDF_PAGE_PORTRAIT)
        pages.append(page)
        HPDF_Page_SetFontAndSize(page, regular, 9)
    }

    /// Width of a text.
    func width(_ text: String, size: Double, isBold: Bool = false) -> Double {
        guard let page = pages.last else { return 0 }
        HPDF_Page_SetFontAndSize(page, isBold ? bold : regular, Float(size))
        return Double(HPDF_Page_TextWidth(page, text))
    }

    /// Where a text stands at its x.
    enum Anchor { case left, middle, right }

    /// Writes a text on a page, the last one unless told; `turn` is in degrees, against the clock.
    func text(
        _ text: String, x: Double, y: Double, size: Double, isBold: Bool = false, anchor: Anchor = .left,
        color: PDFColor = .ink, turn: Double = 0, on page: HPDF_Page? = nil
    ) {
        guard let page = page ?? pages.last else { return }
        HPDF_Page_SetFontAndSize(page, isBold ? bold : regular, Float(size))
        HPDF_Page_SetRGBFill(page, color.red, color.green, color.blue)
        let width = anchor == .left ? 0 : Double(HPDF_Page_TextWidth(page, text))
        let back = anchor == .right ? width : anchor == .middle ? width / 2 : 0
        HPDF_Page_BeginText(page)
        if turn == 0 {
            HPDF_Page_MoveTextPos(page, Float(x - back), Float(y))
        } else {
            let angle = turn * .pi / 180, sine = sin(angle), cosine = cos(angle)
            HPDF_Page_SetTextMatrix(page, Float(cosine), Float(sine), Float(-sine), Float(cosine),
                                    Float(x - back * cosine), Float(y - back * sine))
        }
        HPDF_Page_ShowText(page, text)
        HPDF_Page_EndText(page)
    }

    /// A line through points.
    func line(_ points: [(x: Double, y: Double)], color: PDFColor, width: Double = 0.5) {
        guard let page = pages.last, let first = points.first, points.count > 1 else { return }
        HPDF_Page_SetRGBStroke(page, color.red, color.green, color.blue)
        HPDF_Page_SetLineWidth(page, Float(width))
        HPDF_Page_MoveTo(page, Float(first.x), Float(first.y))
        for point in points.dropFirst() { HPDF_Page_LineTo(page, Float(point.x), Float(point.y)) }
        HPDF_Page_Stroke(page)
    }

    /// A filled rectangle from its lower left corner.
    func rectangle(x: Double, y: Double, width: Double, height: Double, color: PDFColor) {
        guard let page = pages.last else { return }
        HPDF_Page_SetRGBFill(page, color.red, color.green, color.blue)
        HPDF_Page_Rectangle(page, Float(x), Float(y), Float(width), Float(height))
        HPDF_Page_Fill(page)
    }

    /// The file's bytes; what any call before had refused is told here.
    func bytes() throws(DocumentError) -> [UInt8] {
        guard HPDF_GetError(document) == 0, HPDF_SaveToStream(document) == 0 else {
            throw DocumentError("libharu refused the report with 0x\(String(HPDF_GetError(document), radix: 16))")
        }
        HPDF_ResetStream(document)
        var size = HPDF_GetStreamSize(document)
        return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            _ = HPDF_ReadFromStream(document, buffer.baseAddress, &size)
            count = Int(size)
        }
    }
}

/// Red, green and blue from 0 to 1.
struct PDFColor {
    let red: Float, green: Float, blue: Float

    static let ink = PDFColor(red: 0.106, green: 0.122, blue: 0.141)
    static let soft = PDFColor(red: 0.29, green: 0.333, blue: 0.376)
    static let rule = PDFColor(red: 0.86, green: 0.88, blue: 0.9)
    static let accent = PDFColor(red: 0.122, green: 0.306, blue: 0.475)
    static let warning = PDFColor(red: 0.706, green: 0.325, blue: 0.035)
    /// Of the series of a chart, in order.
    static let series = [accent, warning, PDFColor(red: 0.184, green: 0.49, blue: 0.31),
                         PDFColor(red: 0.486, green: 0.227, blue: 0.929), PDFColor(red: 0.725, green: 0.11, blue: 0.11)]
}
