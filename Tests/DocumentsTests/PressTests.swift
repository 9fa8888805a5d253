import Documents
import Foundation
import Reports
import TestKit
import Testing

/// PDF and Excel, read back by other people's libraries.
@Suite struct PressTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// `NAUTILUS_TEST_PYTHON`, or the interpreter of `.venv`, where it has openpyxl and pypdf.
    private static let python: String? = {
        let named = ProcessInfo.processInfo.environment["NAUTILUS_TEST_PYTHON"]
        return [named, root.path + "/.venv/bin/python"].compactMap { $0 }.first { path in
            guard FileManager.default.isExecutableFile(atPath: path) else { return false }
            return (try? ChildProcess(path, ["-c", "import openpyxl, pypdf"]))?.wait() == 0
        }
    }()

    private func read(_ script: String, _ bytes: [UInt8], _ name: String) throws -> [String] {
        let folder = TemporaryFolder(), path = folder.path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let child = try ChildProcess(try #require(Self.python), ["-c", script, path], output: .lines)
        var lines: [String] = []
        while let line = child.readLine() { lines.append(line) }
        #expect(child.wait() == 0)
        return lines
    }

    @Test(.enabled(if: python != nil, "no Python with openpyxl and pypdf; run scripts/setup.sh test"))
    func theWorkbookHoldsNumbersWithFormats() throws {
        let script = """
            import openpyxl, sys
            book = openpyxl.load_workbook(sys.argv[1])
            print(book.sheetnames)
            sheet = book['Holdings']
            print([[cell.value for cell in row] for row in sheet.iter_rows()])
            print(sheet['B2'].number_format, sheet['C2'].number_format, sheet['B2'].data_type, sheet['A2'].data_type)
            print(sheet.freeze_panes, sheet.auto_filter.ref)
            summary = {row[0].value: row[1].value for row in book['Summary'].iter_rows()}
            print(summary['Equity'], summary['Figures as of'], len(book['Equity']._charts), len(book['Losses']._charts))
            """
        let lines = try read(script, try ReportPress().excel(SampleReport.report), "r.xlsx")
        #expect(lines == [
            "['Summary', 'Equity', 'Holdings', 'Losses']",
            #"[['Symbol', 'Value', 'Weight'], ['=SUM(A1)', 1234567.891, 0.25], ['a,"b"\nc', -0.5, None], "#
                + "['Sum', 1234567.391, 1]]",
            "#,##0.00 0.00% n s", "B2 A1:C3", "771942.31 2023-12-23 22:13:20 1 1",
        ])
    }

    @Test(.enabled(if: python != nil, "no Python with openpyxl and pypdf; run scripts/setup.sh test"))
    func thePDFHasItsTextAndItsFontsInside() throws {
        let script = """
            import pypdf, sys
            file = pypdf.PdfReader(sys.argv[1])
            print(len(file.pages), file.metadata.title, file.metadata.creation_date.isoformat())
            fonts = [font.get_object() for page in file.pages for font in page['/Resources']['/Font'].values()]
            inside = ['/FontFile2' in font['/DescendantFonts'][0].get_object()['/FontDescriptor'] for font in fonts]
            print(len(inside) > 0, all(inside))
            text = file.pages[0].extract_text()
            for wanted in ['Sample <report>', 'fund & co', '771,942.31', 'The price of KO is old.', 'page 1 of', '−0.50', 'All is well.']:
                print(wanted in text)
            """
        let lines = try read(script, try ReportPress().pdf(SampleReport.report), "r.pdf")
        #expect(lines == ["2 Sample <report> - fund & co 2023-12-23T22:13:20+00:00", "True True"]
            + Array(repeating: "True", count: 7))
    }

    @Test(.enabled(if: python != nil, "no Python with openpyxl and pypdf; run scripts/setup.sh test"))
    func aLongTableGoesOnUnderItsHead() throws {
        let script = """
            import pypdf, sys
            pages = [page.extract_text() for page in pypdf.PdfReader(sys.argv[1]).pages]
            print(len(pages) > 3, all('Symbol' in page and f'page {i + 1} of {len(pages)}' in page for i, page in enumerate(pages)))
            print(sum(f'S{n}\\n' in page + '\\n' or f'S{n} ' in page for page in pages for n in [0, 77, 199]))
            """
        var long = SampleReport.long
        long.conventions = []
        #expect(try read(script, try ReportPress().pdf(long), "l.pdf") == ["True True", "3"])
    }

    /// Reports do not depend on when they are printed.
    @Test func theSameReportIsTheSameFile() throws {
        let press = ReportPress()
        #expect(try press.pdf(SampleReport.report) == press.pdf(SampleReport.report))
        #expect(try press.excel(SampleReport.report) == press.excel(SampleReport.report))
    }

    @Test func whatIsMissingIsNamed() {
        let blind = ReportPress(fonts: .init(regular: "/nowhere.ttf"))
        #expect(throws: DocumentError("no font at /nowhere.ttf or /usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf; "
            + "install fonts-dejavu-core")) { try blind.pdf(SampleReport.report) }
        let homeless = ReportPress(scratch: "/nowhere")
        #expect(throws: DocumentError("no workbook can be written in /nowhere")) { try homeless.excel(SampleReport.report) }
    }
}
