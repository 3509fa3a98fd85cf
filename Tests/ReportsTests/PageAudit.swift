import Foundation

/// Looks at a page in a browser as somebody does who cannot see it, has no mouse, or holds a phone (WCAG 2.2): what is wrong
/// with it, one finding each.
struct PageAudit {
    let chromium: ExternalProgram
    /// In pixels.
    var width = 390
    var isDark = false

    /// Runs in the page when all is drawn, and tells the page around it what it found.
    private static let script = """
        (() => {
          const found = [];
          const say = (what, element) =>
            found.push(what + (element ? ': ' + element.outerHTML.replace(/\\s+/g, ' ').slice(0, 160) : ''));
          const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
          const name = e => (e.getAttribute('aria-label') || e.textContent || e.getAttribute('title') ||
            (e.getAttribute('aria-labelledby') || '').split(' ').map(i => document.getElementById(i)?.textContent).join('')
            || [...(e.labels || [])].map(l => l.textContent).join('') || '').trim();
          const page = document.documentElement;
          if (!page.lang) say('no language');
          if (!document.title.trim()) say('no title');
          if (document.querySelectorAll('h1').length !== 1) say('not one h1');
          if (!document.querySelector('main')) say('no main');
          let level = 1;
          for (const h of document.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
            if (+h.tagName[1] > level + 1) say('a level of headings is left out', h);
            level = +h.tagName[1];
          }
          if (page.scrollWidth > innerWidth + 1) say('wider than the window: ' + page.scrollWidth + ' of ' + innerWidth);
          for (const e of document.querySelectorAll('a[href],button,input,select,summary,[tabindex]'))
            if (shown(e) && !name(e)) say('no name', e);
          for (const e of document.querySelectorAll('[tabindex]'))
            if (e.tabIndex > 0) say('out of the order of the page', e);
          for (const e of document.querySelectorAll('svg'))
            if (!e.closest('[aria-hidden=true]') && !(e.getAttribute('role') && (name(e) || e.querySelector('title'))))
              say('a drawing without a name', e);
          for (const e of document.querySelectorAll('table'))
            if (!e.querySelector('th')) say('a table without headers', e);
          for (const e of document.querySelectorAll('figure'))
            if (e.querySelector('svg') && !e.querySelector('table')) say('a chart without its data as a table', e);
          const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
          for (const id of new Set(ids.filter((i, n) => ids.indexOf(i) !== n))) say('an id twice: ' + id);
          const channels = text => (text.match(/[\\d.]+/g) || []).map(Number);
          const light = c => { const v = c.slice(0, 3).map(x => x / 255)
            .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
            return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
          const ground = e => { for (; e; e = e.parentElement) { const c = channels(getComputedStyle(e).backgroundColor);
            if (c.length === 3 || c[3] === 1) return c; } return matchMedia('(prefers-color-scheme: dark)').matches
            ? [18, 18, 18] : [255, 255, 255]; };
          const seen = new Set();
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const e = walker.currentNode.parentElement;
            if (!walker.currentNode.data.trim() || seen.has(e) || !shown(e) || e.closest('svg,script,style,noscript')) continue;
            seen.add(e);
            const style = getComputedStyle(e), size = parseFloat(style.fontSize);
            const [a, b] = [light(channels(style.color)), light(ground(e))];
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            const isLarge = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
            if (contrast < (isLarge ? 3 : 4.5)) say('contrast ' + contrast.toFixed(2), e);
          }
          const all = JSON.stringify({found: [...new Set(found)], texts: seen.size, width: innerWidth,
            isDark: matchMedia('(prefers-color-scheme: dark)').matches});
          parent.postMessage(btoa(unescape(encodeURIComponent(all))), '*');
        })();
        """

    struct Findings: Decodable {
        let found: [String]
        /// How many pieces of text were looked at.
        let texts: Int
        /// Of the window.
        let width: Int
        let isDark: Bool
    }

    func look(at page: String, in folder: TemporaryFolder) throws -> Findings {
        let copy = "audited-\(UInt32.random(in: 0 ... .max)).html"
        // The page itself allows no script.
        let text = try String(contentsOfFile: page, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false
        ).filter { !$0.contains("Content-Security-Policy") }.joined(separator: "\n")
        try (text + "<script>addEventListener('load', () => setTimeout(() => {\(Self.script)}, 300))</script>")
            .write(toFile: folder.file(copy), atomically: true, encoding: .utf8)
        // In a frame: a window of the browser is no narrower than 500 pixels.
        let around = folder.file("around-\(copy)")
        try """
        <!doctype html><iframe src="\(copy)" width="\(width)" height="1500" style="border: 0"></iframe>
        <script>onmessage = e => document.documentElement.setAttribute('data-audit', e.data)</script>
        """.write(toFile: around, atomically: true, encoding: .utf8)
        let dom = try chromium.run(
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,1600", "--dump-dom",
                "--virtual-time-budget=3000", "--user-data-dir=\(folder.file("audit"))",
            ] + (isDark ? ["--blink-settings=preferredColorScheme=0"] : []) + ["file://\(around)"]
        ).output
        let marker = "data-audit=\""
        guard let start = dom.range(of: marker), let end = dom.range(of: "\"", range: start.upperBound..<dom.endIndex),
            let data = Data(base64Encoded: String(dom[start.upperBound..<end.lowerBound]))
        else { throw Unreadable(dom: String(dom.suffix(2000))) }
        return try JSONDecoder().decode(Findings.self, from: data)
    }

    struct Unreadable: Error {
        let dom: String
    }
}
