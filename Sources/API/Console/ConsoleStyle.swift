/// How the console looks, as CSS: the browser's own letters and its light or dark colours.
let consoleStyle = """
    :root { color-scheme: light dark; --line: #8884; --soft: #8882; --link: light-dark(#0b5cad, #7ab8ff);
      font: 15px/1.5 system-ui, sans-serif; }
    * { box-sizing: border-box; }
    body { margin: 0; }
    a { color: var(--link); }
    header { display: flex; flex-wrap: wrap; gap: 1rem; justify-content: space-between; align-items: center;
      padding: .6rem 1.5rem; border-bottom: 1px solid var(--line); }
    header nav, header form { display: flex; flex-wrap: wrap; gap: .7rem; align-items: center; }
    header .here { font-weight: 600; }
    main { max-width: 76rem; margin: 0 auto; padding: 1rem 1.5rem 3rem; }
    main.entrance { max-width: 30rem; padding-top: 12vh; }
    h1 { font-size: 1.6rem; margin: .5rem 0 1rem; overflow-wrap: anywhere; }
    h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
    label { display: flex; flex-direction: column; gap: .2rem; font-size: .85rem; }
    label.wide { flex: 1 1 16rem; }
    input, select, button { font: inherit; padding: .35rem .6rem; border: 1px solid var(--line); border-radius: .3rem;
      background: Field; color: FieldText; max-width: 100%; }
    button { background: var(--soft); cursor: pointer; }
    form.row { display: flex; flex-wrap: wrap; gap: .8rem; align-items: end; margin-bottom: .8rem; }
    .entrance form { display: flex; flex-direction: column; gap: .8rem; align-items: stretch; }
    table { width: 100%; border-collapse: collapse; }
    th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line);
      vertical-align: top; overflow-wrap: anywhere; }
    th { font-size: .85rem; }
    td.failed { color: light-dark(#b00020, #ff8a80); }
    td.success { color: light-dark(#1b6e2c, #81c784); }
    .hint { opacity: .75; font-size: .85rem; }
    .notice { padding: .6rem .8rem; border-left: 4px solid light-dark(#b00020, #ff8a80); background: var(--soft);
      overflow-wrap: anywhere; }

    """
