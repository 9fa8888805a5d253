import CHaru
import Documents
import Market
import Wire

/// Sets a report on A4 pages: what does not fit goes to the next one, a table's head is repeated there.
struct PDFWriter {
    private static let left = 45.0, right = PDFCanvas.width - 45, top = PDFCanvas.height - 50, bottom = 55.0
    private static let size = 8.5, leading = 12.0

    private let canvas: PDFCanvas
    private var y = 0.0

    init(_ fonts: ReportPress.Fonts) throws(DocumentError) {
        canvas = try PDFCanvas(fonts)
        turnPage()
    }

    private var width: Double { Self.right - Self.left }

    /// Lays the whole report out.
    mutating func write(_ report: ReportDocument) throws(DocumentError) {
        describe(report)
        y -= 10
        canvas.text(report.title, x: Self.left, y: y, size: 20, isBold: true, color: .accent)
        y -= 18
        canvas.text(report.subtitle, x: Self.left, y: y, size: 10, color: .soft)
        y -= 14
        canvas.text("Figures as of \(report.asOf.iso8601)", x: Self.left, y: y, size: 10, color: .soft)
        y -= 14
        if !report.warnings.isEmpty {
            heading("Read this first", color: .warning)
            for text in report.warnings { paragraph("• " + text) }
        }
        for section in report.sections {
            heading(section.heading)
            for block in section.blocks { write(block) }
        }
        if !report.conventions.isEmpty {
            heading("Conventions")
            for text in report.conventions { paragraph("• " + text) }
        }
        for (index, page) in canvas.pages.enumerated() {
            canvas.text("\(report.title) · \(report.subject)", x: Self.left, y: 30, size: 7.5, color: .soft, on: page)
            canvas.text("page \(index + 1) of \(canvas.pages.count)", x: Self.right, y: 30, size: 7.5, anchor: .right,
                        color: .soft, on: page)
        }
    }

    /// The file's bytes.
    func finish() throws(DocumentError) -> [UInt8] { try canvas.bytes() }

    private func describe(_ report: ReportDocument) {
        HPDF_SetInfoAttr(canvas.document, HPDF_INFO_TITLE, "\(report.title) - \(report.subject)")
        HPDF_SetInfoAttr(canvas.document, HPDF_INFO_CREATOR, "Nautilus")
        let parts = report.asOf.iso8601.utf8.prefix(19).split { !(48...57).contains($0) }
            .map { Int32(String(decoding: $0, as: UTF8.self)) ?? 0 }
        guard parts.count == 6 else { return }
        // The figures' own instant, not the printer's: the same report is the same file.
        let date = HPDF_Date(year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minutes: parts[4],
                             seconds: parts[5], ind: 90, off_hour: 0, off_minutes: 0)
        HPDF_SetInfoDateAttr(canvas.document, HPDF_INFO_CREATION_DATE, date)
    }

    // MARK: Flow

    private mutating func turnPage() {
        canvas.addPage()
        y = Self.top
    }

    private mutating func need(_ height: Double) { if y - height < Self.bottom { turnPage() } }

    private mutating func heading(_ text: String, color: PDFColor = .accent) {
        need(70)
        y -= 24
        canvas.text(text, x: Self.left, y: y, size: 12.5, isBold: true, color: color)
        canvas.line([(Self.left, y - 4), (Self.right, y - 4)], color: color, width: 0.8)
        y -= 10
    }

    private mutating func paragraph(_ text: String) {
        for line in wrapped(text, Self.size, width) {
            need(Self.leading)
            y -= Self.leading
            canvas.text(line, x: Self.left, y: y, size: Self.size)
        }
    }

    private func wrapped(_ text: String, _ size: Double, _ width: Double, isBold: Bool = false) -> [String] {
        var lines: [String] = [], line = ""
        for word in text.split(separator: " ") {
            let longer = line.isEmpty ? String(word) : line + " " + word
            if line.isEmpty || canvas.width(longer, size: size, isBold: isBold) <= width {
                line = longer
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        return (lines + [line]).flatMap { broken($0, size, width, isBold) }
    }

    /// A word that no line holds is cut.
    private func broken(_ line: String, _ size: Double, _ width: Double, _ isBold: Bool) -> [String] {
        var lines: [String] = [], rest = line[...]
        while canvas.width(String(rest), size: size, isBold: isBold) > width, rest.count > 1 {
            var count = max(1, Int(Double(rest.count) * width / canvas.width(String(rest), size: size, isBold: isBold)))
            while count > 1, canvas.width(String(rest.prefix(count)), size: size, isBold: isBold) > width { count -= 1 }
            lines.append(String(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return lines + [String(rest)]
    }

    private mutating func write(_ block: ReportBlock) {
        switch block {
        case .paragraph(let text):
            paragraph(text)
        case .figures(let figures): write(figures)
        case .table(let table): write(table)
        case .chart(let chart): write(chart)
        }
        y -= 4
    }

    // MARK: Figures

    /// Three in a row: the name small, the number large, its source beside.
    private mutating func write(_ figures: [ReportFigure]) {
        let columns = 3, cell = width / Double(columns)
        for start in stride(from: 0, to: figures.count, by: columns) {
            need(36)
            y -= 34
            for (place, figure) in figures[start..<min(start + columns, figures.count)].enumerated() {
                let x = Self.left + Double(place) * cell
                canvas.line([(x, y - 6), (x + cell - 10, y - 6)], color: .rule)
                canvas.text(figure.label, x: x, y: y + 14, size: 7.5, color: .soft)
                canvas.text(figure.value.shown, x: x, y: y, size: 11.5, isBold: true)
                if let reference = figure.reference {
                    canvas.text(reference, x: x + cell - 10, y: y, size: 6.5, anchor: .right, color: .soft)
                }
            }
        }
    }

    // MARK: Tables

    private mutating func write(_ table: ReportTable) {
        let cells = table.rows.map { $0.map(\.shown) }, total = table.total?.map(\.shown)
        let widths = columnWidths(table, cells + (total.map { [$0] } ?? []))
        need(60)
        y -= 16
        canvas.text(table.title, x: Self.left, y: y, size: 9.5, isBold: true)
        y -= 2
        head(table, widths)
        if cells.isEmpty { row(table, ["None."] + table.columns.dropFirst().map { _ in "" }, widths) }
        for cell in cells { row(table, cell, widths) }
        if let total {
            canvas.line([(Self.left, y), (Self.right, y)], color: .accent, width: 0.8)
            y -= 2
            row(table, total, widths, isBold: true)
        }
    }

    /// Numbers get what they need; texts share what is left.
    private func columnWidths(_ table: ReportTable, _ cells: [[String]]) -> [Double] {
        let natural = table.columns.indices.map { column in
            (cells.map { canvas.width($0[column], size: Self.size, isBold: true) }
                + [canvas.width(table.columns[column].label, size: Self.size, isBold: true)]).max() ?? 0
        }.map { $0 + 10 }
        let sum = natural.reduce(0, +)
        if sum <= width { return natural.map { $0 + (width - sum) / Double(natural.count) } }
        let isText = table.columns.indices.map { !table.isNumeric($0) }
        let numbers = zip(natural, isText).reduce(0) { $0 + ($1.1 ? 0 : $1.0) }
        let texts = sum - numbers
        guard texts > 0, width - numbers > 40 * Double(isText.count { $0 }) else { return natural.map { $0 * width / sum } }
        // A short text keeps its width as long as the long ones can give.
        let share = (width - numbers) / Double(isText.count { $0 })
        let small = zip(natural, isText).reduce(0) { $0 + ($1.1 && $1.0 <= share ? $1.0 : 0) }
        let large = texts - small
        return zip(natural, isText).map { size, isText in
            !isText || size <= share ? size : size * (width - numbers - small) / large
        }
    }

    private mutating func head(_ table: ReportTable, _ widths: [Double]) {
        row(table, table.columns.map(\.label), widths, isBold: true)
        canvas.line([(Self.left, y), (Self.right, y)], color: .accent, width: 0.8)
        y -= 2
    }

    private mutating func row(_ table: ReportTable, _ cells: [String], _ widths: [Double], isBold: Bool = false) {
        let lines = zip(cells, widths).map { wrapped($0, Self.size, $1 - 8, isBold: isBold) }
        let height = Double(lines.map(\.count).max() ?? 1) * Self.leading + 3
        if y - height < Self.bottom {
            turnPage()
            if !isBold { head(table, widths) }
        }
        var x = Self.left
        for (column, texts) in lines.enumerated() {
            for (index, text) in texts.enumerated() {
                let place = y - Self.leading * Double(index + 1)
                if table.isNumeric(column) {
                    canvas.text(text, x: x + widths[column] - 4, y: place, size: Self.size, isBold: isBold, anchor: .right)
                } else {
                    canvas.text(text, x: column == 0 ? x : x + 4, y: place, size: Self.size, isBold: isBold)
                }
            }
            x += widths[column]
        }
        y -= height
        if !isBold { canvas.line([(Self.left, y - 1), (Self.right, y - 1)], color: .rule) }
    }

    // MARK: Charts

    private mutating func write(_ chart: ReportChart) {
        let isBars = if case .names = chart.axis { true } else { false }
        let height = 150.0, foot = isBars ? 95.0 : 22.0, gutter = 80.0
        need(height + foot + 45)
        y -= 16
        canvas.text(chart.title, x: Self.left, y: y, size: 9.5, isBold: true)
        y -= 10
        let x0 = Self.left + gutter, top = y, layout = ChartLayout(chart, width: width - gutter, height: height)
        for tick in layout.valueTicks {
            canvas.line([(x0, top - tick.position), (Self.right, top - tick.position)], color: .rule)
            canvas.text(tick.text, x: x0 - 5, y: top - tick.position - 2.5, size: 7, anchor: .right, color: .soft)
        }
        for tick in layout.placeTicks {
            // A label at the edge stays on the page.
            let isLast = tick.position > width - gutter - 20
            canvas.text(tick.text, x: x0 + tick.position, y: top - height - 11, size: 7,
                        anchor: isBars || isLast ? .right : .middle, color: .soft, turn: isBars ? 35 : 0)
        }
        for (index, runs) in layout.lines.enumerated() {
            for run in runs {
                canvas.line(run.map { (x0 + $0.x, top - $0.y) }, color: PDFColor.series[index % 5], width: 1)
            }
        }
        for (index, bars) in layout.bars.enumerated() {
            for bar in bars {
                canvas.rectangle(x: x0 + bar.x, y: top - bar.y - bar.height, width: bar.width, height: bar.height,
                                 color: PDFColor.series[index % 5])
            }
        }
        y = top - height - foot
        var x = x0
        for (index, series) in chart.series.enumerated() {
            canvas.rectangle(x: x, y: y - 4, width: 7, height: 7, color: PDFColor.series[index % 5])
            canvas.text(series.label, x: x + 11, y: y - 3, size: 7.5)
            x += canvas.width(series.label, size: 7.5) + 28
        }
        y -= 10
    }
}
