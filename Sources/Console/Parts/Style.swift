/// The appearance of the console: one style sheet of tokens for light, dark and paper, and the icon.
enum Style {
    static let bytes = Array((tokens + frame + content + forms + charts + paper).utf8)
    static let icon = Array(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#12395f"/>\
        <path d="M5 10l5 13 6-11 6 11 5-13" fill="none" stroke="#fff" stroke-width="3.2" stroke-linecap="round" \
        stroke-linejoin="round"/></svg>
        """.utf8)

    /// Text has a contrast of at least 4.5 to 1; edges of controls and marks at least 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11). The
    /// lightness of the severities' colours changes step by step, so their order is visible in grey.
    private static let tokens = """
        :root { color-scheme: light dark;
          --paper: #fff; --ground: #f4f6f8; --ink: #17202a; --soft: #4e5b69; --line: #d5dbe2; --edge: #6f7b88;
          --link: #0a57a3; --accent: #12395f; --on-accent: #fff; --bad: #a11227; --good: #17642f; --warn: #7a4b00;
          --bad-ground: #fdecee; --critical: #77102a; --high: #bf4316; --medium: #dd9a2b; --low: #9dbfe3; --unrated: #dde2e7;
          --gap: 1rem; --round: .4rem; --shadow: 0 1px 2px #17202a1a;
          font: 100%/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        @media (prefers-color-scheme: dark) { :root {
          --paper: #171c22; --ground: #0f1317; --ink: #e7ebf0; --soft: #a9b4c0; --line: #2c343d; --edge: #86929f;
          --link: #86c0ff; --accent: #a5cdf7; --on-accent: #0d1b29; --bad: #ff9aa6; --good: #86d69c; --warn: #f0c06b;
          --bad-ground: #38191f; --critical: #ffb8c2; --high: #f08256; --medium: #b67f24; --low: #46688d; --unrated: #3a434d;
          --shadow: none; } }
        @media (prefers-reduced-motion: no-preference) { a, button, input, select { transition: background-color .12s; } }

        """

    private static let frame = """
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink); font-size: .9375rem; }
        a { color: var(--link); text-underline-offset: .15em; }
        :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
        .skip { position: absolute; left: -99rem; top: 0; z-index: 2; padding: .6rem 1rem; background: var(--paper); }
        .skip:focus { left: 0; }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        header.top { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; align-items: center; padding: .5rem 1.5rem .3rem;
          background: var(--paper); border-bottom: 1px solid var(--line); }
        header.top .brand { font-weight: 700; font-size: 1.1rem; color: var(--ink); text-decoration: none;
          letter-spacing: -.01em; padding: .3rem 0; }
        header.top nav { order: 3; flex: 1 1 100%; margin: 0 -.6rem; }
        header.top nav ul, .tabs ul, .crumbs ol { display: flex; flex-wrap: wrap; list-style: none; margin: 0; padding: 0; }
        header.top nav ul { gap: .1rem; }
        header.top nav a { display: block; padding: .35rem .6rem; border-radius: var(--round); text-decoration: none;
          color: var(--soft); }
        header.top nav a:hover { background: var(--ground); color: var(--ink); }
        header.top nav a[aria-current] { background: var(--ground); color: var(--ink); font-weight: 600; }
        form.find { display: flex; gap: .3rem; flex: 1 1 14rem; max-width: 34rem; margin-right: auto; }
        form.find input { flex: 1 1 10rem; min-width: 0; }
        .person { position: relative; margin-left: auto; }
        .person summary { cursor: pointer; padding: .35rem .2rem; color: var(--soft); overflow-wrap: anywhere; }
        .person > div { position: absolute; right: 0; z-index: 1; min-width: 15rem; padding: .8rem 1rem; background: var(--paper);
          border: 1px solid var(--edge); border-radius: var(--round); box-shadow: 0 6px 20px #0003; }
        .person ul { list-style: none; margin: 0 0 .8rem; padding: 0; display: grid; gap: .5rem; }
        main { max-width: 100rem; margin: 0 auto; padding: 1rem 1.5rem 3rem; }
        main.entrance { max-width: 28rem; padding-top: 14vh; }
        main.entrance form { display: grid; gap: .5rem; margin: 1.5rem 0 .6rem; }
        .crumbs { font-size: .8125rem; }
        .crumbs li { display: flex; overflow-wrap: anywhere; }
        .crumbs li::after { content: "›" / ""; padding: 0 .5rem; color: var(--soft); }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: .3rem 0 1rem; letter-spacing: -.015em; overflow-wrap: anywhere; }
        h2 { font-size: 1.05rem; margin: 0 0 .8rem; }
        h3 { font-size: .9375rem; margin: 1rem 0 .3rem; }
        .tabs { margin: 0 0 1.2rem; border-bottom: 1px solid var(--line); }
        .tabs ul { gap: .2rem 1.2rem; }
        .tabs a { display: block; padding: .45rem .1rem; text-decoration: none; color: var(--soft);
          border-bottom: 3px solid transparent; margin-bottom: -1px; }
        .tabs a:hover { color: var(--ink); border-color: var(--line); }
        .tabs a[aria-current] { color: var(--ink); font-weight: 600; border-color: var(--accent); }
        footer { max-width: 100rem; margin: 0 auto; padding: 0 1.5rem 2rem; color: var(--soft); font-size: .8125rem; }

        """

    private static let content = """
        section { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.2rem;
          margin: 0 0 var(--gap); box-shadow: var(--shadow); }
        .columns { display: grid; gap: 0 var(--gap); grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
          align-items: start; }
        p { margin: 0 0 .6rem; max-width: 46rem; overflow-wrap: anywhere; }
        .lead { color: var(--soft); }
        .hint { color: var(--soft); font-size: .8125rem; }
        .basis { color: var(--soft); margin: .8rem 0 0; font-size: .875rem; max-width: 70rem; }
        .basis.weak { color: var(--warn); }
        .alert { max-width: none; padding: .6rem .9rem; margin: 0 0 var(--gap); border-left: 4px solid var(--bad);
          background: var(--bad-ground); border-radius: 2px; overflow-wrap: anywhere; }
        .alert p:last-child { margin: 0; }
        .secret { border: 2px solid var(--good); }
        .secret code { display: block; padding: .6rem .8rem; background: var(--ground); border: 1px solid var(--edge);
          border-radius: var(--round); user-select: all; }
        .scroll { overflow-x: auto; margin: 0 -.4rem; padding: 0 .4rem; position: relative; }
        table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .45rem 1.2rem .45rem 0; border-top: 1px solid var(--line); vertical-align: top;
          overflow-wrap: break-word; font-weight: 400; min-width: 3rem; }
        tbody th, td > a, td code { overflow-wrap: anywhere; }
        tbody th { min-width: 9rem; }
        td:has(> a, > code) { min-width: 7.5rem; }
        td time { white-space: nowrap; }
        td form.inline button { padding: .15rem .6rem; min-height: 1.9rem; font-size: .875rem; }
        thead th { border-top: 0; font-size: .8125rem; font-weight: 600; color: var(--soft); white-space: nowrap; }
        th:last-child, td:last-child { padding-right: 0; }
        tbody tr:hover { background: var(--ground); }
        .number { text-align: right; }
        .sort { color: inherit; }
        .sort::after { content: " ↕" / ""; opacity: .6; }
        .sort.ascending::after { content: " ↑" / ""; opacity: 1; }
        .sort.descending::after { content: " ↓" / ""; opacity: 1; }
        .pager { display: flex; gap: 1.5rem; padding-top: .8rem; }
        .mark, .badge { display: inline-block; padding: 0 .5em; border-radius: 1em; font-size: .8125rem; line-height: 1.6;
          white-space: nowrap; border: 1px solid var(--edge); }
        .mark { color: var(--soft); }
        td > .mark:not(:first-child), .number > .mark { margin-left: .4em; }
        .mark.good { color: var(--good); border-color: currentColor; }
        .mark.bad { color: var(--bad); border-color: currentColor; font-weight: 600; }
        .badge::before { content: ""; display: inline-block; width: .65em; height: .65em; margin-right: .4em; border-radius: 50%;
          background: var(--tint); border: 1px solid var(--edge); }
        .critical { --tint: var(--critical); } .high { --tint: var(--high); } .medium { --tint: var(--medium); }
        .low { --tint: var(--low); } .unrated, .none { --tint: var(--unrated); }
        .badge.critical { font-weight: 700; }
        .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .8rem 1.5rem; margin: .8rem 0; }
        h2 + .facts { margin-top: 0; } .facts:last-child { margin-bottom: 0; }
        dt { color: var(--soft); font-size: .8125rem; }
        dd { margin: 0; overflow-wrap: anywhere; }
        .todo { list-style: none; margin: 0; padding: 0; display: grid; gap: .1rem; }
        .todo li { display: flex; gap: .8rem; align-items: baseline; padding: .35rem 0; border-top: 1px solid var(--line); }
        .todo li:first-child { border-top: 0; }
        .todo strong { min-width: 3.5rem; text-align: right; font-size: 1.15rem; font-variant-numeric: tabular-nums; }
        .cards { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem 1.5rem;
          grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
        .cards li { display: grid; align-content: start; padding: .35rem 0; border-top: 1px solid var(--line); }
        .way { list-style: none; margin: 0; padding: 0; }
        .way li { padding-left: 1.1rem; text-indent: -1.1rem; }
        .way li + li::before { content: "↳ " / ""; color: var(--soft); }
        .notes { margin: 0; padding-left: 1.1rem; }
        .actions, .export { margin: .8rem 0 0; }
        .prose { white-space: pre-line; max-width: 60rem; }
        summary { cursor: pointer; }
        code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }

        """

    private static let forms = """
        form.inline { display: inline; }
        form.stack { display: grid; gap: .9rem; max-width: 38rem; justify-items: start; }
        form.stack .field { width: 100%; }
        form.filters { display: flex; flex-wrap: wrap; gap: .6rem .8rem; align-items: end; margin: 0 0 .8rem; }
        .field { display: grid; gap: .25rem; }
        .field p { margin: 0; }
        label, legend { font-size: .8125rem; font-weight: 600; }
        label.check { display: flex; gap: .5rem; align-items: baseline; font-weight: 400; font-size: inherit; }
        fieldset { border: 0; margin: 0; padding: 0; display: grid; gap: .4rem; }
        input, select, textarea, button { font: inherit; color: var(--ink); background: var(--paper); max-width: 100%;
          padding: .4rem .6rem; border: 1px solid var(--edge); border-radius: var(--round); min-height: 2.25rem; }
        ::placeholder { color: var(--soft); opacity: 1; }
        textarea { width: 100%; }
        input[type=checkbox] { min-height: 0; width: 1.15rem; height: 1.15rem; margin: .1rem 0; accent-color: var(--link); }
        form.stack input:not([type=checkbox]), form.stack select { width: 100%; }
        button { cursor: pointer; background: var(--ground); }
        button:hover { border-color: var(--ink); }
        button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600;
          padding: .4rem 1rem; }
        .wrong input, .wrong select, .wrong textarea { border: 2px solid var(--bad); }
        p.wrong { color: var(--bad); font-weight: 600; font-size: .875rem; }

        """

    private static let charts = """
        svg.bar { display: block; width: 100%; height: 1.1rem; border-radius: 3px; }
        svg.bar.small { width: 9rem; height: .8rem; margin-top: .3rem; }
        svg.trend { display: block; width: 100%; height: 6rem; border-bottom: 1px solid var(--edge); }
        svg.trend rect { stroke-width: .5; }
        .ends { display: flex; justify-content: space-between; gap: 1rem; max-width: none; margin: .2rem 0 .4rem;
          color: var(--soft); font-size: .8125rem; }
        svg rect { fill: var(--tint); stroke: var(--paper); stroke-width: 2; vector-effect: non-scaling-stroke; }
        .counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(5.2rem, 1fr)); gap: .6rem; list-style: none;
          margin: .7rem 0 0; padding: 0; max-width: 60rem; }
        .counts li { border-left: 6px solid var(--tint); padding: .1rem 0 .1rem .7rem; }
        .counts a { display: grid; color: inherit; text-decoration: none; }
        .counts a:hover span { text-decoration: underline; }
        .counts strong { font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
        .counts span { color: var(--soft); font-size: .8125rem; }

        """

    private static let paper = """
        @media (max-width: 40rem) {
          .wide { display: none; }
          header.top nav, .tabs { overflow-x: auto; }
          header.top nav ul, .tabs ul { flex-wrap: nowrap; white-space: nowrap; }
          td { min-width: 5.5rem; }
          td:has(> input) { min-width: 0; }
          td.number, th.number { min-width: 3rem; }
          main, footer { padding-left: .8rem; padding-right: .8rem; }
          header.top { padding: .5rem .8rem; }
          section { padding: .9rem .8rem; }
          th, td { padding-right: .8rem; }
          .person { margin-left: 0; }
          .person > div { left: 0; right: auto; }
        }
        @media (min-width: 110rem) { body { font-size: 1rem; } }
        @media print {
          :root { color-scheme: light; --paper: #fff; --ground: #fff; --ink: #000; --soft: #333; }
          header.top, .tabs, form, .pager, .skip, footer { display: none; }
          section { border: 0; padding: 0; box-shadow: none; }
          main { max-width: none; padding: 0; }
          a { color: inherit; text-decoration: none; }
          thead { display: table-header-group; }
          tr { break-inside: avoid; }
          .scroll { overflow: visible; }
          * { print-color-adjust: exact; }
        }

        """
}
