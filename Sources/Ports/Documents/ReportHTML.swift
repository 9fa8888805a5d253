import Market
import Wire

extension ReportDocument {
    /// One page that needs nothing else: its style and its pictures are inside, it prints on A4, its tables have captions
    /// and scopes and its pictures words, for those who listen.
    public var html: [UInt8] {
        var out = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        out += "<title>\(escaped(title)) – \(escaped(subject))</title>\n<style>\(Self.style)</style>\n</head>\n<body>\n"
        out += "<header>\n<h1>\(escaped(title))</h1>\n<p>\(escaped(subtitle))</p>\n"
        out += "<p>Figures as of <time datetime=\"\(asOf.iso8601)\">\(asOf.iso8601)</time></p>\n</header>\n<main>\n"
        if !warnings.isEmpty {
            out += "<section class=\"warnings\" aria-label=\"Warnings\">\n<h2>Read this first</h2>\n<ul>\n"
            for text in warnings { out += "<li>\(escaped(text))</li>\n" }
            out += "</ul>\n</section>\n"
        }
        for section in sections {
            out += "<section aria-labelledby=\"\(section.name)\">\n<h2 id=\"\(section.name)\">\(escaped(section.heading))</h2>\n"
            for block in section.blocks { out += block.html }
            out += "</section>\n"
        }
        if !conventions.isEmpty {
            out += "<section aria-labelledby=\"conventions\">\n<h2 id=\"conventions\">Conventions</h2>\n<ul>\n"
            for text in conventions { out += "<li>\(escaped(text))</li>\n" }
            out += "</ul>\n</section>\n"
        }
        out += "</main>\n</body>\n</html>\n"
        return Array(out.utf8)
    }

    private static let style = """
        :root{color-scheme:light}body{font:15px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;max-width:62rem;\
        margin:2rem auto;padding:0 1rem}h1{margin:0}h2{margin:2rem 0 .5rem;border-bottom:2px solid #1f4e79}\
        header p{margin:.2rem 0;color:#4a5560}table{border-collapse:collapse;width:100%;margin:1rem 0;font-size:.9rem}\
        caption{text-align:left;font-weight:600;padding:.3rem 0}th,td{padding:.3rem .6rem;border-bottom:1px solid #d5dbe1;\
        text-align:left;vertical-align:top}thead th{border-bottom:2px solid #1f4e79}td.n,th.n{text-align:right;\
        font-variant-numeric:tabular-nums;white-space:nowrap}tfoot td,tfoot th{font-weight:600;border-top:2px solid #1f4e79}\
        dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.6rem;margin:1rem 0}\
        dl div{border:1px solid #d5dbe1;padding:.5rem .7rem}dt{color:#4a5560;font-size:.85rem}dd{margin:0;font-size:1.15rem;\
        font-variant-numeric:tabular-nums}dd small{font-size:.75rem;color:#4a5560}.warnings{border-left:4px solid #b45309;\
        background:#fff7ed;padding:.2rem 1rem}.warnings h2{border:0;margin:.4rem 0}figure{margin:1rem 0}\
        figcaption{font-weight:600}svg{width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:#4a5560}\
        @media print{body{margin:0;max-width:none;font-size:10pt}section{break-inside:avoid-page}tr{break-inside:avoid}}\
        @page{size:A4;margin:16mm}
        """
}

/// Text safe inside an element and inside a quoted attribute.
func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": out += "&amp;"
        case "<": out += "&lt;"
        case ">": out += "&gt;"
        case "\"": out += "&quot;"
        case "'": out += "&#39;"
        default: out.unicodeScalars.append(scalar)
        }
    }
    return out
}

extension ReportBlock {
    fileprivate var html: String {
        switch self {
        case .paragraph(let text): "<p>\(escaped(text))</p>\n"
        case .figures(let figures): "<dl>\n" + figures.map(\.html).joined() + "</dl>\n"
        case .table(let table): table.html
        case .chart(let chart): chart.html
        }
    }
}

extension ReportFigure {
    fileprivate var html: String {
        var note = reference ?? ""
        if case .missing(let reason) = value { note = note.isEmpty ? reason : "\(reason); \(note)" }
        let small = note.isEmpty ? "" : " <small>\(escaped(note))</small>"
        return "<div><dt>\(escaped(label))</dt><dd>\(escaped(value.shown))\(small)</dd></div>\n"
    }
}

extension ReportTable {
    fileprivate var html: String {
        let classes = columns.indices.map { isNumeric($0) ? " class=\"n\"" : "" }
        var out = "<table>\n<caption>\(escaped(title))</caption>\n<thead><tr>"
        for (column, style) in zip(columns, classes) { out += "<th scope=\"col\"\(style)>\(escaped(column.label))</th>" }
        out += "</tr></thead>\n<tbody>\n"
        for row in rows { out += Self.html(row, classes) }
        if rows.isEmpty { out += "<tr><td colspan=\"\(columns.count)\">None.</td></tr>\n" }
        out += "</tbody>\n"
        if let total { out += "<tfoot>\n" + Self.html(total, classes) + "</tfoot>\n" }
        return out + "</table>\n"
    }

    private static func html(_ row: [ReportValue], _ classes: [String]) -> String {
        var out = "<tr>"
        for (index, value) in row.enumerated() {
            var reason = ""
            if case .missing(let text) = value { reason = " title=\"\(escaped(text))\"" }
            let cell = "\(classes[index])\(reason)>\(escaped(value.shown))"
            out += index == 0 ? "<th scope=\"row\"\(cell)</th>" : "<td\(cell)</td>"
        }
        return out + "</tr>\n"
    }
}

extension ReportChart {
    private static let colors = ["#1f4e79", "#b45309", "#2f7d4f", "#7c3aed", "#b91c1c"]

    fileprivate var html: String {
        let width = 760.0, height = 220.0, left = 100.0, top = 10.0
        let isBars = if case .names = axis { true } else { false }
        let foot = isBars ? 130.0 : 30.0
        let layout = ChartLayout(self, width: width, height: height)
        var out = "<figure>\n<figcaption>\(escaped(title))</figcaption>\n<svg role=\"img\" aria-label=\"\(escaped(inWords))\" "
        out += "viewBox=\"0 0 \(Self.text(left + width + 20)) \(Self.text(top + height + foot + 22))\">\n"
        for tick in layout.valueTicks {
            let y = Self.text(top + tick.position)
            out += "<line x1=\"\(Self.text(left))\" x2=\"\(Self.text(left + width))\" y1=\"\(y)\" y2=\"\(y)\" stroke=\"#e3e8ed\"/>"
            out += "<text x=\"\(Self.text(left - 6))\" y=\"\(y)\" text-anchor=\"end\" dominant-baseline=\"middle\">\(escaped(tick.text))</text>\n"
        }
        for tick in layout.placeTicks {
            let x = Self.text(left + tick.position), y = Self.text(top + height + 14)
            let turn = isBars ? " text-anchor=\"end\" transform=\"rotate(-35 \(x) \(y))\"" : " text-anchor=\"middle\""
            out += "<text x=\"\(x)\" y=\"\(y)\"\(turn)>\(escaped(tick.text))</text>\n"
        }
        for (index, runs) in layout.lines.enumerated() {
            for run in runs {
                let points = run.map { "\(Self.text(left + $0.x)),\(Self.text(top + $0.y))" }.joined(separator: " ")
                out += "<polyline fill=\"none\" stroke=\"\(Self.color(index))\" stroke-width=\"1.6\" points=\"\(points)\"/>\n"
            }
        }
        for (index, bars) in layout.bars.enumerated() {
            for bar in bars {
                out += "<rect x=\"\(Self.text(left + bar.x))\" y=\"\(Self.text(top + bar.y))\" width=\"\(Self.text(bar.width))\" "
                out += "height=\"\(Self.text(bar.height))\" fill=\"\(Self.color(index))\"/>\n"
            }
        }
        for (index, series) in series.enumerated() {
            let x = left + Double(index) * 190, y = top + height + foot + 12
            out += "<rect x=\"\(Self.text(x))\" y=\"\(Self.text(y - 8))\" width=\"10\" height=\"10\" fill=\"\(Self.color(index))\"/>"
            out += "<text x=\"\(Self.text(x + 15))\" y=\"\(Self.text(y))\">\(escaped(series.label))</text>\n"
        }
        return out + "</svg>\n</figure>\n"
    }

    private static func color(_ index: Int) -> String { colors[index % colors.count] }

    /// A length with two decimals.
    private static func text(_ length: Double) -> String {
        let fixed = ReportValue.fixed(abs(length), 2, grouped: false)
        return length < 0 ? "-" + fixed : fixed
    }
}
