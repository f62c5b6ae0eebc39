//! The assets of a desktop app, as tauri's localhost plugin serves them: from memory, found as
//! tauri finds them, with a policy for pages and a hook for all answers; and in ranges, for films:
//! `cargo run --example desktop_assets 127.0.0.1:9527`

use sprat::{
    Asset, Assets, Builder, Cx, Failure, Handler, Method, Policy, Reply, Request, Response, Status,
};

/// What pages may load; the plugin has it from `tauri.conf.json`.
const CSP: &str = "default-src 'self'";

/// What stands for it in a page.
const CSP_TOKEN: &str = "__TAURI_CSP__";

/// What is built into the app.
const TABLE: [(&str, &str); 6] = [
    (
        "index.html",
        "<!DOCTYPE html>
<meta http-equiv=Content-Security-Policy content=\"__TAURI_CSP__\">
<title>home</title>
<script src=app.js></script>
",
    ),
    ("about.html", "<!DOCTYPE html>\n<title>about</title>\n"),
    ("docs/index.html", "<!DOCTYPE html>\n<title>docs</title>\n"),
    ("app.js", "document.title = 'running'\n"),
    ("a b.txt", "text\n"),
    ("empty.css", ""),
];

struct App<F> {
    assets: Assets,
    on_request: F,
}

impl<F: FnMut(&Request<'_>, &mut Response)> Handler for App<F> {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let Some(asset) = resolve(&self.assets, req.path()) else {
            return Failure::new(Status::NOT_FOUND).into();
        };
        Reply::when(req, &[Method::Get], |_| {
            let mut response = asset.send(req);
            (self.on_request)(req, &mut response);
            response
        })
    }
}

/// The asset of this name, the page of it, the index of it, or the app, which has paths of its own.
fn resolve<'a>(assets: &'a Assets, path: &str) -> Option<&'a Asset> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let page = || assets.get(&format!("{path}.html"));
    let index = || assets.get(&format!("{path}/index.html"));
    let found = assets.get(path).or_else(page).or_else(index);
    found.or_else(|| assets.get("index.html"))
}

fn assets() -> std::io::Result<Assets> {
    let mut assets = Assets::builder();
    for (path, text) in TABLE {
        assets = assets.file(path, text.replacen(CSP_TOKEN, CSP, 1));
    }
    let pages = "/**/*.html";
    assets
        .header_for(pages, "Content-Security-Policy", CSP)
        .build()
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("localhost:9527".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    let app = App {
        assets: assets()?,
        on_request: |_: &Request<'_>, response: &mut Response| {
            response.add_header("Cross-Origin-Resource-Policy", "same-origin");
        },
    };
    // A site that a browser shows must not get at it under a name of its own (DNS rebinding).
    let policy = Policy::default().allow_host("localhost")?;
    builder.serve(policy.around(app)).run()
}
