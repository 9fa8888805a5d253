import CShims
import CXlsxWriter
import Documents
import Glibc
import Market
import Wire

/// Makes a workbook: a first sheet with what the report is and its figures, and a sheet for each table and chart. Cells hold
/// the numbers themselves; a format shows them.
struct ExcelWriter {
    private let book: UnsafeMutablePointer<lxw_workbook>
    private let formats: ExcelFormats
    /// Names of sheets so far; Excel takes 31 letters, each name once.
    private var names: Set<String> = []
    private var fault = LXW_NO_ERROR

    /// The workbook's bytes. The library writes a file; it lies in `scratch` until it is read.
    static func bytes(of report: ReportDocument, scratch: String) throws(DocumentError) -> [UInt8] {
        // mkstemp writes the name of a new file, which is this user's alone, over the six letters.
        var path = Array((scratch + "/nautilus-report-XXXXXX").utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw DocumentError("no workbook can be written in \(scratch)") }
        defer {
            close(descriptor)
            unlink(path)
        }
        try write(report, path, scratch)
        let size = Int(lseek(descriptor, 0, SEEK_END))
        var bytes = [UInt8](repeating: 0, count: max(0, size))
        guard size > 0, pread(descriptor, &bytes, size, 0) == size else {
            throw DocumentError("the workbook cannot be read again")
        }
        return bytes
    }

    private static func write(_ report: ReportDocument, _ path: [CChar], _ scratch: String) throws(DocumentError) {
        let book: UnsafeMutablePointer<lxw_workbook>? = scratch.withCString { folder in
            var options = lxw_workbook_options(
                constant_memory: 0, tmpdir: UnsafeMutablePointer(mutating: folder), use_zip64: 0)
            return workbook_new_opt(path, &options)
        }
        guard let book else { throw DocumentError("libxlsxwriter cannot make a workbook") }
        var writer = ExcelWriter(book: book, formats: ExcelFormats(book))
        writer.describe(report)
        writer.writeSummary(report)
        for section in report.sections {
            for block in section.blocks { writer.write(block) }
        }
        let closed = workbook_close(book)
        let fault = writer.fault == LXW_NO_ERROR ? closed : writer.fault
        if fault != LXW_NO_ERROR { throw DocumentError(String(cString: lxw_strerror(fault))) }
    }

    private init(book: UnsafeMutablePointer<lxw_workbook>, formats: ExcelFormats) {
        self.book = book
        self.formats = formats
    }

    /// The file bears the figures' instant, so that the same report is the same file.
    private func describe(_ report: ReportDocument) {
        "\(report.title) - \(report.subject)".withCString { title in
            var properties = lxw_doc_properties()
            properties.title = UnsafeMutablePointer(mutating: title)
            properties.created = time_t(report.asOf.seconds)
            workbook_set_properties(book, &properties)
        }
    }

    /// A new sheet and its name: without the letters that Excel refuses, and of no other sheet.
    private mutating func sheet(_ wanted: String) -> (sheet: UnsafeMutablePointer<lxw_worksheet>, name: String)? {
        let plain = String(wanted.map { "[]:*?/\\'".contains($0) ? " " : $0 })
        var name = String(plain.prefix(31)), number = 2
        while !names.insert(name).inserted {
            name = "\(plain.prefix(27)) \(number)"
            number += 1
        }
        guard let sheet = workbook_add_worksheet(book, name) else {
            note(LXW_ERROR_MEMORY_MALLOC_FAILED)
            return nil
        }
        return (sheet, name)
    }

    private mutating func note(_ status: lxw_error) { if status != LXW_NO_ERROR && fault == LXW_NO_ERROR { fault = status } }

    private mutating func cell(
        _ sheet: UnsafeMutablePointer<lxw_worksheet>, _ row: Int, _ column: Int, _ value: ReportValue, isBold: Bool = false
    ) {
        let row = lxw_row_t(row), column = lxw_col_t(column)
        switch value {
        case .text(let text):
            note(worksheet_write_string(sheet, row, column, text, isBold ? formats.bold : nil))
        case .number(let number, let format) where number.isFinite:
            note(worksheet_write_number(sheet, row, column, number, formats.number(format, isBold)))
        case .time(let time):
            note(worksheet_write_number(sheet, row, column, Self.serial(time), formats.time))
        case .day(let time):
            note(worksheet_write_number(sheet, row, column, Self.serial(time).rounded(.down), formats.day))
        case .number, .missing:
            note(worksheet_write_blank(sheet, row, column, isBold ? formats.bold : nil))
        }
    }

    /// Excel's days since 30 December 1899.
    static func serial(_ time: Timestamp) -> Double { Double(time.nanoseconds) / 86_400e9 + 25_569 }

    // MARK: Sheets

    private mutating func writeSummary(_ report: ReportDocument) {
        guard let (sheet, _) = sheet("Summary") else { return }
        worksheet_set_column(sheet, 0, 0, 34, nil)
        worksheet_set_column(sheet, 1, 1, 26, nil)
        worksheet_set_column(sheet, 2, 2, 60, nil)
        note(worksheet_write_string(sheet, 0, 0, report.title, formats.title))
        let facts: [(String, ReportValue)] = [
            ("Subject", .text(report.subject)), ("Currency", .text(report.currency)), ("From", .time(report.from)),
            ("To", .time(report.to)), ("Figures as of", .time(report.asOf)),
        ]
        var row = 2
        for (name, value) in facts {
            cell(sheet, row, 0, .text(name))
            cell(sheet, row, 1, value)
            row += 1
        }
        for (name, texts) in [("Warning", report.warnings), ("Convention", report.conventions)] {
            for text in texts {
                cell(sheet, row, 0, .text(name))
                cell(sheet, row, 1, .text(text))
                row += 1
            }
        }
        for section in report.sections {
            let figures = section.blocks.flatMap { (block) -> [ReportFigure] in
                if case .figures(let figures) = block { figures } else { [] }
            }
            if figures.isEmpty { continue }
            row += 1
            cell(sheet, row, 0, .text(section.heading), isBold: true)
            row += 1
            for figure in figures {
                cell(sheet, row, 0, .text(figure.label))
                cell(sheet, row, 1, figure.value)
                var remark = figure.reference ?? ""
                if case .missing(let reason) = figure.value { remark = reason }
                if !remark.isEmpty { cell(sheet, row, 2, .text(remark)) }
                row += 1
            }
        }
    }

    private mutating func write(_ block: ReportBlock) {
        switch block {
        case .paragraph, .figures: break
        case .table(let table): write(table)
        case .chart(let chart): write(chart)
        }
    }

    private mutating func write(_ table: ReportTable) {
        guard let (sheet, _) = sheet(table.title) else { return }
        for (column, each) in table.columns.enumerated() {
            note(worksheet_write_string(sheet, 0, lxw_col_t(column), each.label, formats.head))
            let longest = (table.rows.map { $0[column].shown.count } + [each.label.count]).max() ?? 8
            worksheet_set_column(sheet, lxw_col_t(column), lxw_col_t(column), Double(min(max(longest + 3, 9), 70)), nil)
        }
        for (row, values) in table.rows.enumerated() {
            for (column, value) in values.enumerated() { cell(sheet, row + 1, column, value) }
        }
        for (column, value) in (table.total ?? []).enumerated() {
            cell(sheet, table.rows.count + 1, column, value, isBold: true)
        }
        worksheet_freeze_panes(sheet, 1, 1)
        if !table.rows.isEmpty {
            note(worksheet_autofilter(sheet, 0, 0, lxw_row_t(table.rows.count), lxw_col_t(table.columns.count - 1)))
        }
    }

    private mutating func write(_ chart: ReportChart) {
        guard let (sheet, name) = sheet(chart.title) else { return }
        let rows = chart.axis.count
        let isTimes = if case .times = chart.axis { true } else { false }
        note(worksheet_write_string(sheet, 0, 0, isTimes ? "Time" : "Name", formats.head))
        worksheet_set_column(sheet, 0, 0, isTimes ? 20 : 36, nil)
        for place in 0..<rows {
            switch chart.axis {
            case .times(let times): cell(sheet, place + 1, 0, .time(times[place]))
            case .names(let names): cell(sheet, place + 1, 0, .text(names[place]))
            }
        }
        let picture = workbook_add_chart(book, UInt8((isTimes ? LXW_CHART_LINE : LXW_CHART_COLUMN).rawValue))
        for (index, series) in chart.series.enumerated() {
            let column = lxw_col_t(index + 1)
            note(worksheet_write_string(sheet, 0, column, series.label, formats.head))
            worksheet_set_column(sheet, column, column, 18, nil)
            for (place, value) in series.values.enumerated() {
                cell(sheet, place + 1, index + 1, .optional(value, chart.format))
            }
            if rows == 0 { continue }
            let letter = Character(Unicode.Scalar(UInt8(66 + index)))
            let added = chart_add_series(picture, "='\(name)'!$A$2:$A$\(rows + 1)", "='\(name)'!$\(letter)$2:$\(letter)$\(rows + 1)")
            chart_series_set_name(added, "='\(name)'!$\(letter)$1")
        }
        chart_title_set_name(picture, chart.title)
        if rows > 0 { note(worksheet_insert_chart(sheet, 1, lxw_col_t(chart.series.count + 2), picture)) }
        worksheet_freeze_panes(sheet, 1, 1)
    }
}

/// The formats of one workbook.
struct ExcelFormats {
    typealias Format = UnsafeMutablePointer<lxw_format>?

    let bold: Format, title: Format, head: Format, time: Format, day: Format
    private let numbers: [ReportValue.Format: Format], boldNumbers: [ReportValue.Format: Format]

    init(_ book: UnsafeMutablePointer<lxw_workbook>) {
        func format(_ code: String? = nil, isBold: Bool = false) -> Format {
            let format = workbook_add_format(book)
            if isBold { format_set_bold(format) }
            if let code { format_set_num_format(format, code) }
            return format
        }
        bold = format(isBold: true)
        title = format(isBold: true)
        format_set_font_size(title, 16)
        head = format(isBold: true)
        format_set_bottom(head, UInt8(LXW_BORDER_MEDIUM.rawValue))
        format_set_text_wrap(head)
        time = format("yyyy-mm-dd hh:mm:ss")
        day = format("yyyy-mm-dd")
        let codes: [(ReportValue.Format, String)] = [
            (.money, "#,##0.00"), (.percent, "0.00%"), (.ratio, "#,##0.0000"), (.count, "#,##0"),
            (.quantity, "#,##0.########"),
        ]
        numbers = Dictionary(uniqueKeysWithValues: codes.map { ($0.0, format($0.1)) })
        boldNumbers = Dictionary(uniqueKeysWithValues: codes.map { ($0.0, format($0.1, isBold: true)) })
    }

    func number(_ format: ReportValue.Format, _ isBold: Bool) -> Format { (isBold ? boldNumbers : numbers)[format] ?? nil }
}
