//! Listings in a real browser: what a person sees and does. Skipped where none is installed.

#![cfg(feature = "cli")]

// The other black-box tests use the rest of it.
#[allow(dead_code, unused_imports)]
mod support;

#[path = "browser/devtools.rs"]
mod devtools;

use devtools::Browser;
use support::{Server, Site, skip};

/// Names that have led other listings astray, each with a file that holds its number.
const AWKWARD: &[&str] = &[
    "<script>alert(1)<\u{2215}script>",
    "<img src=x onerror=alert(1)>",
    "\"><b>",
    "'quotes' \"both\"",
    "&amp;&lt;&#39;",
    "#hash?query=1&sort=size",
    "%41%2e%2e",
    "a:b",
    "javascript:alert(1)",
    "C:\\temp",
    "  two  spaces  ",
    "line\nbreak",
    "tab\there",
    "\u{1b}[31mred",
    "rlo \u{202E}gpj.exe",
    "\u{202B}rle",
    "\u{2067}rli",
    "\u{5E9}\u{5DC}\u{5D5}\u{5DD} 1234.txt",
    "\u{627}\u{644}\u{639}\u{631}\u{628}\u{64A}\u{629}",
    "e\u{301}",
    "\u{1F469}\u{200D}\u{1F4BB}",
    "\u{FEFF}bom",
    "...",
    "~",
    "-rf",
    "sort=size",
];

/// Contrast, by WCAG: the least of all texts of the page, whatever they lie on.
const CONTRAST: &str = r"(() => {
    const parse = (color) => color.match(/[\d.]+/g).map(Number);
    const light = (color) => {
        const [r, g, b] = parse(color).map((v) => v / 255)
            .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const color = getComputedStyle(at).backgroundColor;
            if (parse(color)[3] !== 0) return light(color);
        }
        return 1;
    };
    let least = 21;
    for (const element of document.body.querySelectorAll('*')) {
        const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        if (!own) continue;
        const [a, b] = [light(getComputedStyle(element).color), ground(element)];
        least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
    }
    return least;
})()";

const NAMES: &str = "[...document.querySelectorAll('li > a')].map((a) => \
    decodeURIComponent(a.getAttribute('href'))).join('/')";

const CURRENT: &str = "[...document.querySelectorAll('[aria-current]')].map((b) => \
    b.value + ' ' + b.textContent).join()";

fn url(server: &Server, target: &str) -> String {
    format!("http://{}{target}", server.addr())
}

/// A browser and a server of a site; `None` where there is no browser.
fn start(site: &Site) -> Option<(Browser, Server)> {
    match Browser::start() {
        Some(browser) => Some((browser, site.serve(&["--quiet"]))),
        None => {
            skip("no chromium here");
            None
        }
    }
}

/// Nothing went wrong, and nobody else was asked.
fn assert_quiet(browser: &Browser, server: &Server) {
    for event in &browser.events {
        for bad in [
            "\"method\":\"Runtime.exceptionThrown\"",
            "\"method\":\"Runtime.consoleAPICalled\"",
            "\"method\":\"Log.entryAdded\"",
            "\"method\":\"Network.loadingFailed\"",
        ] {
            assert!(!event.contains(bad), "{event}");
        }
        if event.contains("\"method\":\"Network.requestWillBeSent\"") {
            let urls = [url(server, "/"), "data:,".into()];
            let own = |url: &String| event.contains(&format!("\"url\":\"{url}"));
            assert!(urls.iter().any(own), "{event}");
        }
    }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

#[test]
fn two_thousand_entries_fit_a_phone_in_the_light_and_in_the_dark() {
    let site = Site::new("browser-many");
    for number in 0..2_000 - AWKWARD.len() {
        site.file(
            format!("sub/file-{number}-{}", "long".repeat(number % 40)),
            "x",
        );
    }
    for name in AWKWARD {
        site.file(format!("sub/{name}"), "x");
    }
    let Some((mut browser, server)) = start(&site) else {
        return;
    };
    for (width, scheme) in [
        (320, "light"),
        (320, "dark"),
        (1280, "light"),
        (1280, "dark"),
    ] {
        browser.look(width, scheme);
        browser.open(&url(&server, "/sub/?sort=size&dirs=first"));
        assert_eq!(
            browser.eval("document.querySelectorAll('li > a').length"),
            "2000"
        );
        let wide = browser.eval("document.documentElement.scrollWidth - innerWidth");
        assert!(
            number(&wide) <= 0.0,
            "{width} {scheme}: {wide} pixels too wide"
        );
        let contrast = number(&browser.eval(CONTRAST));
        assert!(contrast >= 4.5, "{width} {scheme}: {contrast}");
        let dark =
            browser.eval("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)[0] < 64");
        assert_eq!(dark, (scheme == "dark").to_string());
        // Size and time are in line below each other where there is room, and in view where not.
        let rights = "new Set([...document.querySelectorAll('li > time')].map((e) => \
            Math.round(e.getBoundingClientRect().right)))";
        assert_eq!(browser.eval(&format!("{rights}.size")), "1");
        let right = number(&browser.eval(&format!("[...{rights}][0]")));
        assert!(right <= f64::from(width), "{width}: {right}");
    }
    assert_quiet(&browser, &server);
}

#[test]
fn every_awkward_name_is_shown_as_it_is_and_leads_to_its_file() {
    let site = Site::new("browser-names");
    for (number, name) in AWKWARD.iter().enumerate() {
        site.file(name, number.to_string());
    }
    let Some((mut browser, server)) = start(&site) else {
        return;
    };
    browser.look(1280, "light");
    browser.open(&url(&server, "/"));
    let found = browser.eval(
        "Promise.all([...document.querySelectorAll('li > a')].map(async (a) => \
         await (await fetch(a.href)).text())).then((all) => \
         all.map(Number).sort((a, b) => a - b).join())",
    );
    let numbers: Vec<String> = (0..AWKWARD.len())
        .map(|number| number.to_string())
        .collect();
    assert_eq!(found, numbers.join(","));
    // No name has become an element, runs a script, or reaches into what follows it.
    let elements = "[...new Set([...document.querySelectorAll('li *')].map((e) => e.tagName))]";
    assert_eq!(
        browser.eval(&format!("{elements}.sort().join()")),
        "A,DATA,TIME"
    );
    assert_eq!(
        browser.eval("document.querySelectorAll('script, img, b').length"),
        "0"
    );
    let beyond = browser.eval(
        "[...document.querySelectorAll('li')].filter((li) => { \
         const [a, size, time] = [...li.children].map((e) => e.getBoundingClientRect()); \
         return a.right > size.left || size.right > time.left; }).length",
    );
    assert_eq!(beyond, "0");
    let isolated = "[...document.querySelectorAll('li > a')].every((a) => \
        getComputedStyle(a).unicodeBidi === 'isolate')";
    assert_eq!(browser.eval(isolated), "true");
    // As it is: spaces count, and what cannot be shown has a picture.
    for name in [
        "  two  spaces  ",
        "line\u{240A}break",
        "\u{241B}[31mred",
        "e\u{301}",
    ] {
        let shown = format!(
            "[...document.querySelectorAll('li > a')].filter((a) => \
             a.innerText === {}).length",
            devtools::quoted(name)
        );
        assert_eq!(browser.eval(&shown), "1", "{name:?}");
    }
    assert_quiet(&browser, &server);
}

/// Names with sizes and times that sort each in another order.
fn sortable() -> Site {
    let site = Site::new("browser-sort");
    for (name, len, time) in [
        ("f1", 300, 20),
        ("f10", 100, 40),
        ("f9", 200, 10),
        ("g", 100, 30),
    ] {
        let path = site.file(name, vec![b'x'; len]);
        let modified = std::time::Duration::from_secs(1_700_000_000 + time);
        support::site::set_modified(&path, modified);
    }
    // It is younger than all of them.
    site.file("h/inner", "x");
    site
}

#[test]
fn buttons_sort_and_history_goes_back_and_forth() {
    let site = sortable();
    let Some((mut browser, server)) = start(&site) else {
        return;
    };
    browser.look(1280, "dark");
    browser.open(&url(&server, "/"));
    assert_eq!(browser.eval(NAMES), "f1/f10/f9/g/h/");
    assert_eq!(browser.eval(CURRENT), "");
    let mut pages = Vec::new();
    for (button, search, names, current) in [
        ("[value=name]", "?sort=name", "f1/f9/f10/g/h/", "name name"),
        ("[value=size]", "?sort=size", "h//f10/g/f9/f1", "size size"),
        (
            "[value=desc]",
            "?order=desc&sort=size",
            "f1/f9/f10/g/h/",
            "size size",
        ),
        (
            "[value=first]",
            "?dirs=first&sort=size&order=desc",
            "h//f1/f9/f10/g",
            "size size",
        ),
        (
            "[value=time]",
            "?sort=time&order=desc&dirs=first",
            "h//f10/g/f1/f9",
            "time time",
        ),
        (
            "[value=asc]",
            "?order=asc&sort=time&dirs=first",
            "h//f9/f1/g/f10",
            "time time",
        ),
        (
            "[aria-pressed=true]",
            "?sort=time",
            "f9/f1/g/f10/h/",
            "time time",
        ),
    ] {
        let click = format!("document.querySelector('button{button}').click()");
        browser.load(|browser| drop(browser.eval(&click)));
        assert_eq!(browser.eval("location.search"), search);
        assert_eq!(browser.eval(NAMES), names, "{search}");
        assert_eq!(browser.eval(CURRENT), current, "{search}");
        pages.push((search, names));
    }
    for (search, names) in pages.iter().rev().skip(1) {
        go(&mut browser, "back", search);
        assert_eq!(browser.eval(NAMES), *names, "{search}");
    }
    for (search, names) in pages.iter().skip(1) {
        go(&mut browser, "forward", search);
        assert_eq!(browser.eval(NAMES), *names, "{search}");
    }
    assert_quiet(&browser, &server);
}

/// Goes back or forward, which may need no request: a page may be kept as it was.
fn go(browser: &mut Browser, way: &str, search: &str) {
    browser.eval(&format!("void setTimeout(() => history.{way}())"));
    support::server::wait_for(search, || {
        let there = browser.eval("location.search + document.readyState");
        (there == format!("{search}complete")).then_some(())
    });
}

#[test]
fn all_is_done_by_keyboard_alone() {
    let site = sortable();
    let Some((mut browser, server)) = start(&site) else {
        return;
    };
    browser.look(1280, "light");
    browser.open(&url(&server, "/h/"));
    // The root, then the orders, then the entries: by Tab in the order of the page.
    let mut seen = Vec::new();
    for _ in 0..7 {
        browser.press("Tab", 9, "");
        seen.push(browser.eval("document.activeElement.textContent"));
    }
    let orders = ["name", "size", "time", "descending", "directories first"];
    assert_eq!(seen, [&["/"][..], &orders, &["inner"]].concat());
    let outline = browser.eval("getComputedStyle(document.activeElement).outlineStyle");
    assert_ne!(outline, "none", "it can be seen where one is");
    browser.open(&url(&server, "/h/"));
    browser.press("Tab", 9, "");
    browser.load(|browser| browser.press("Enter", 13, "\r"));
    assert_eq!(browser.eval("location.pathname"), "/");
    assert_eq!(browser.eval(NAMES), "f1/f10/f9/g/h/");
    for _ in 0..2 {
        browser.press("Tab", 9, "");
    }
    browser.load(|browser| browser.press("Enter", 13, "\r"));
    assert_eq!(browser.eval(NAMES), "h//f10/g/f9/f1");
    assert_quiet(&browser, &server);
}
