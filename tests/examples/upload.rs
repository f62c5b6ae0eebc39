//! A form with files: by hand, by curl's method, and by a browser.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::support::{self, Reply, Site};
use super::{Example, devtools};

/// The names in a directory.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn part(name: &str, data: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name={name}\r\n\r\n{data}\r\n")
}

/// Sends a form, with these fields in its head.
fn post(example: &Example, fields: &str, body: &str) -> Reply {
    let length = body.len();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         {fields}Content-Length: {length}\r\n\r\n"
    );
    example.send(head + body).read_response_to("POST")
}

#[test]
fn upload() {
    let site = Site::new("upload");
    let example = Example::start("upload", &[site.root()]);
    let page = example.get("/");
    assert_eq!(page.field("Content-Type"), "text/html; charset=utf-8");
    let long = "0123456789abcdef".repeat(200_000);
    let files = [
        part("files; filename=\"../a b.txt\"", &long),
        part("files; filename=\"\"", ""),
        part("note", "J\u{fc}rgen"),
        part("files; filename=\"C:\\dir\\c\"", ""),
        part("other", "ignored"),
    ];
    let form = files.concat() + "--b--\r\n";
    let answer = post(&example, "", &form);
    let told = "a b.txt: 3200000 bytes\nc: 0 bytes\nnote: J\u{fc}rgen\n";
    assert_eq!((answer.status, answer.text()), (201, told));
    assert_eq!(names_in(site.root()), ["a b.txt", "c"]);
    let saved = fs::read_to_string(site.root().join("a b.txt")).unwrap();
    assert!(saved == long);
}

#[test]
fn nothing_is_written_over_or_outside_and_of_what_is_refused_nothing_stays() {
    let site = Site::new("upload-refused");
    site.file("c", "as it was");
    let example = Example::start("upload", &[site.root()]);
    for (body, status) in [
        (part("f; filename=c", "1") + "--b--", 409),
        (
            part("f; filename=d", "1") + &part("f; filename=c", "2") + "--b--",
            409,
        ),
        (
            part("f; filename=d", "1") + &part("f; filename=..", "2") + "--b--",
            400,
        ),
        (
            part("f; filename=d", "1") + &part("note", &"x".repeat(1001)) + "--b--",
            413,
        ),
        (part("f; filename=d", "1"), 400),
        (
            (0..21)
                .map(|at| part(&format!("f; filename=f{at}"), ""))
                .collect(),
            413,
        ),
        (part("f; filename=d", "1") + "--bx", 400),
        ("--b--".into(), 201),
    ] {
        assert_eq!(post(&example, "", &body).status, status, "{body:.80}");
    }
    support::server::wait_for("what is refused is removed", || {
        (names_in(site.root()) == ["c"]).then_some(())
    });
    // Nor may pages of others send a form.
    let form = part("f; filename=d", "1") + "--b--";
    for (origin, status) in [
        ("http://example.org", 403),
        ("http://h.example.org", 403),
        ("null", 403),
        ("https://h", 201),
    ] {
        let fields = format!("Origin: {origin}\r\n");
        assert_eq!(post(&example, &fields, &form).status, status, "{origin}");
    }
    assert_eq!(names_in(site.root()), ["c", "d"]);
    assert_eq!(
        fs::read_to_string(site.root().join("c")).unwrap(),
        "as it was"
    );
}

#[test]
fn a_file_is_put_by_its_name() {
    let site = Site::new("upload-put");
    site.file("c", "");
    let example = Example::start("upload", &[site.root()]);
    assert_eq!(example.ask("PUT /d%20e", "12").text(), "d e: 2 bytes\n");
    assert_eq!(example.ask("PUT /c", "").status, 409);
    assert_eq!(example.ask("PUT /.c", "").status, 400);
    assert_eq!(example.ask("PUT /c/d", "").status, 404);
    let refused = example.get("/c");
    let allow = refused.field("Allow");
    assert_eq!((refused.status, allow), (405, "PUT, OPTIONS"));
    // And nothing stays of those who leave.
    let leaving = example.send("PUT /left HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1");
    support::server::wait_for("it has begun", || {
        (names_in(site.root()) == ["c", "d e", "left"]).then_some(())
    });
    drop(leaving);
    support::server::wait_for("what is left is removed", || {
        (names_in(site.root()) == ["c", "d e"]).then_some(())
    });
}

/// It asks whether it may go on (`Expect: 100-continue`) where a form is large.
#[test]
fn upload_by_curl() {
    if Command::new("curl").arg("--version").output().is_err() {
        return support::skip("no curl here");
    }
    let (here, site) = (Site::new("upload-from"), Site::new("upload-by-curl"));
    let large = here.file("large \"1\".bin", vec![b'\r'; 3_000_000]);
    let example = Example::start("upload", &[site.root()]);
    let url = format!("http://{}/", example.addr);
    let curl = |arguments: &[&str]| {
        let mut command = Command::new("curl");
        let got = command.args(["-s", &url]).args(arguments).output();
        String::from_utf8(got.unwrap().stdout).unwrap()
    };
    let quoted = large.to_str().unwrap().replace('"', "\\\"");
    let file = format!("files=@\"{quoted}\"");
    let told = curl(&["-F", "note=two words", "-F", &file]);
    assert_eq!(told, "large \"1\".bin: 3000000 bytes\nnote: two words\n");
    let named = format!("{file};filename=\"../b.bin\"");
    let told = curl(&["--form-escape", "-F", &named]);
    assert_eq!(told, "b.bin: 3000000 bytes\nnote: \n");
    let saved = fs::read(site.root().join("b.bin")).unwrap();
    assert!(saved == fs::read(&large).unwrap());
    fs::remove_file(site.root().join("large \"1\".bin")).unwrap();
    let told = curl(&["-T", large.to_str().unwrap()]);
    assert_eq!(told, "large \"1\".bin: 3000000 bytes\n");
    assert_eq!(names_in(site.root()), ["b.bin", "large \"1\".bin"]);
}

#[test]
fn upload_in_a_browser() {
    let Some(mut browser) = devtools::Browser::start() else {
        return support::skip("no chromium here");
    };
    let site = Site::new("upload-in-a-browser");
    let example = Example::start("upload", &[site.root()]);
    browser.open(&format!("http://{}/", example.addr));
    // The name has all that browsers escape, and two things that they do not.
    let said = browser.eval(
        "new Promise((done) => {
            const files = new DataTransfer();
            const bytes = new Uint8Array(2000000);
            files.items.add(new File(['1\\r\\n', bytes], 'a \"1\" 50%25 \u{20ac}'));
            files.items.add(new File([], 'b.txt'));
            form.elements.files.files = files.files;
            form.elements.note.value = 'two words';
            form.requestSubmit();
            new MutationObserver(() => done(`${bar.value === bar.max} ${bar.max > 2000000} `
                + said.textContent)).observe(said, { childList: true });
        })",
    );
    let told = "a \"1\" 50%25 \u{20ac}: 2000003 bytes\nb.txt: 0 bytes\nnote: two words\n";
    assert_eq!(said, format!("true true {told}"));
    assert_eq!(names_in(site.root()), ["a \"1\" 50%25 \u{20ac}", "b.txt"]);
    // The same again, and without the script.
    let said = browser.eval(
        "new Promise((done) => {
            form.requestSubmit();
            new MutationObserver(() => done(said.textContent)).observe(said, { childList: true });
        })",
    );
    assert_eq!(said, "409 File exists");
    browser.eval("form.elements.files.value = ''");
    browser.load(|browser| drop(browser.eval("void setTimeout(() => form.submit())")));
    let said = browser.eval("document.body.textContent");
    assert!(said.contains("note: two words"), "{said}");
}
