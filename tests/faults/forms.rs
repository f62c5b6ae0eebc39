//! Forms of files that come, go and change, and are asked for at once by two peers that accept
//! different ones: whoever asks after the change has returned is given what suits him now. Each
//! choice is remembered before it is changed.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::site;
use crate::stale::Dice;
use crate::support::server::request;
use crate::support::site::MODIFIED;
use crate::support::{Raw, Reply, Site};

/// Changes in one run, a count.
const CHANGES: usize = 1_600;

/// Files that are changed in turn, a count: so many that each rests longer than any clock ticks.
const SUBJECTS: usize = 160;

/// The file in clear and its forms, the better of two of one length first: what is behind its name,
/// and the coding.
const FORMS: [(&str, &str); 3] = [("", ""), (".br", "br"), (".gz", "gzip")];

/// What the two accept.
const ACCEPTED: [&str; 2] = ["br", "gzip, br"];

/// About how long a form is young, and how far from that it is not asked for.
const YOUNG: Duration = Duration::from_secs(2);
const DOUBT: Duration = Duration::from_millis(500);

/// One file or form that is there.
#[derive(Clone, Debug)]
struct Version {
    content: String,
    modified: SystemTime,
}

impl Version {
    fn seconds(&self) -> u64 {
        self.modified.duration_since(UNIX_EPOCH).unwrap().as_secs()
    }

    fn age(&self) -> Duration {
        self.modified.elapsed().unwrap_or_default()
    }
}

/// What is asked for, and which of its forms are there.
struct Subject {
    target: String,
    paths: [PathBuf; 3],
    versions: [Option<Version>; 3],
}

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second)
}

impl Subject {
    fn new(site: &Site, number: usize, dice: &mut Dice) -> Subject {
        let target = format!("/dir{number}/file.css");
        let paths = FORMS.map(|(extension, _)| site.path(format!("{}{extension}", &target[1..])));
        fs::create_dir(paths[0].parent().unwrap()).unwrap();
        let mut subject = Subject {
            target,
            paths,
            versions: [None, None, None],
        };
        for form in 0..FORMS.len() {
            subject.replace(form, at(MODIFIED), dice);
        }
        subject
    }

    /// Something that was in no form before.
    fn version(&self, form: usize, modified: SystemTime, dice: &mut Dice) -> Version {
        let content = format!(
            "{}{} {:09} ",
            self.target,
            FORMS[form].0,
            dice.roll(1 << 29)
        );
        let padding = ".".repeat(dice.roll(200));
        let content = content + &padding;
        Version { content, modified }
    }

    fn replace(&mut self, form: usize, modified: SystemTime, dice: &mut Dice) {
        let version = self.version(form, modified, dice);
        let new = self.paths[form].with_extension("new");
        fs::write(&new, &version.content).unwrap();
        set_modified(&new, modified);
        fs::rename(new, &self.paths[form]).unwrap();
        self.versions[form] = Some(version);
    }

    /// Writes over one that is there.
    fn rewrite(&mut self, form: usize, modified: SystemTime, dice: &mut Dice) {
        let version = self.version(form, modified, dice);
        let mut file = File::create(&self.paths[form]).unwrap();
        file.write_all(version.content.as_bytes()).unwrap();
        file.set_modified(modified).unwrap();
        self.versions[form] = Some(version);
    }

    /// Changes something about it; returns what.
    fn change(&mut self, dice: &mut Dice) -> String {
        let form = dice.roll(FORMS.len());
        let (earlier, later) = (at(MODIFIED), at(MODIFIED + 1));
        let Some(version) = &mut self.versions[form] else {
            self.replace(form, later, dice);
            return format!("{form} appears");
        };
        let was = version.modified;
        match dice.roll(8) {
            0 => self.replace(form, was, dice),
            1 | 2 => self.rewrite(form, was, dice),
            3 => self.rewrite(form, SystemTime::now(), dice),
            4 => self.rewrite(form, earlier, dice),
            5 => {
                fs::remove_file(&self.paths[form]).unwrap();
                self.versions[form] = None;
                return format!("{form} vanishes");
            }
            6 => {
                version.content = String::new();
                File::create(&self.paths[form]).unwrap();
                set_modified(&self.paths[form], was);
            }
            _ => {
                version.modified = if was == later { earlier } else { later };
                set_modified(&self.paths[form], version.modified);
            }
        }
        format!("{form} was {was:?}, is {:?}", self.versions[form])
    }

    /// Whether the clock leaves open what is right.
    fn is_doubtful(&self) -> bool {
        let mut ages = self.versions.iter().flatten().map(Version::age);
        ages.any(|age| age + DOUBT > YOUNG && age < YOUNG + DOUBT)
    }

    /// Which form suits somebody; or the status of the answer.
    fn suited(&self, accepted: &str) -> Result<usize, u16> {
        let plain = self.versions[0].as_ref();
        let may_be_sent = |form: &usize| {
            let version = self.versions[*form].as_ref();
            version.is_some_and(|version| {
                let is_older = plain.is_some_and(|plain| version.seconds() < plain.seconds());
                !version.content.is_empty() && version.age() >= YOUNG && !is_older
            })
        };
        let sent: Vec<usize> = (1..FORMS.len()).filter(may_be_sent).collect();
        let is_accepted = |form: &&usize| accepted.contains(FORMS[**form].1);
        let len = |form: &&usize| self.versions[**form].as_ref().unwrap().content.len();
        match sent.iter().filter(is_accepted).min_by_key(len) {
            Some(&form) => Ok(form),
            None if plain.is_some() => Ok(0),
            None if sent.is_empty() => Err(404),
            // Identity is acceptable, and not there.
            None => Err(406),
        }
    }

    fn judge(&self, accepted: &str, reply: &Reply, about: &str) {
        let about = format!("{about}, {accepted}, {:#?}: {reply:?}", self.versions);
        match self.suited(accepted) {
            Err(status) => assert_eq!(reply.status, status, "{about}"),
            Ok(form) => {
                assert_eq!(reply.status, 200, "{about}");
                let coding = reply.header("Content-Encoding").unwrap_or_default();
                assert_eq!(coding, FORMS[form].1, "{about}");
                let content = &self.versions[form].as_ref().unwrap().content;
                assert_eq!(&reply.text(), content, "{about}");
            }
        }
        assert_eq!(reply.header("Vary"), Some("Accept-Encoding"), "{about}");
    }

    fn ask(&self, peer: &mut Raw, about: &str) {
        for accepted in ACCEPTED {
            let field = format!("Accept-Encoding: {accepted}\r\n");
            peer.send(request("GET", &self.target, &field));
            self.judge(accepted, &peer.read_response(), about);
        }
    }
}

fn set_modified(path: &Path, time: SystemTime) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

fn change_and_ask(name: &str, options: &[&str]) {
    let site = site(name);
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let server = site.serve(options);
    let mut subjects: Vec<Subject> = (0..SUBJECTS)
        .map(|number| Subject::new(&site, number, &mut dice))
        .collect();
    let mut peer = server.connect();
    let mut changes = 0;
    while changes < CHANGES {
        for subject in &mut subjects {
            if subject.is_doubtful() {
                continue;
            }
            // Of what is missing only the third answer is from memory.
            for _ in 0..3 {
                subject.ask(&mut peer, "before");
            }
            let about = subject.change(&mut dice);
            subject.ask(&mut peer, &about);
            changes += 1;
        }
    }
}

#[test]
fn no_form_is_older_than_its_request() {
    change_and_ask("forms", &["--quiet", "--precompressed"]);
}

#[test]
fn beside_scripts_no_form_is_older_than_its_request() {
    change_and_ask("forms-scripts", &["--quiet", "--precompressed", "--cgi"]);
}

#[test]
fn without_the_cache_forms_are_the_same() {
    change_and_ask(
        "forms-uncached",
        &["--quiet", "--precompressed", "--no-file-cache"],
    );
}

#[test]
fn a_form_that_comes_of_age_counts_from_then_on() {
    const FILES: u32 = 10;
    let site = site("forms-young");
    let server = site.serve(&["--quiet", "--precompressed"]);
    let mut peer = server.connect();
    let start = SystemTime::now();
    // Each a part of a second older than the one before, so that some come of age while an answer
    // of before would be remembered, whenever that was.
    let born = |number: u32| start - Duration::from_millis(100) * number;
    for number in 0..FILES {
        site.file(format!("{number}.css"), "in clear");
        let form = site.file(format!("{number}.css.br"), "BR");
        set_modified(&form, born(number));
    }
    loop {
        let mut are_old = true;
        for number in 0..FILES {
            let age = || born(number).elapsed().unwrap();
            let before = age();
            let target = format!("/{number}.css");
            peer.send(request("GET", &target, "Accept-Encoding: br\r\n"));
            let reply = peer.read_response();
            let is_coded = reply.header("Content-Encoding").is_some();
            if before >= YOUNG {
                assert!(is_coded, "{target} at {before:?}: {reply:?}");
            } else if age() < YOUNG {
                assert!(!is_coded, "{target} at {before:?}: {reply:?}");
            }
            are_old &= before >= YOUNG;
        }
        if are_old {
            break;
        }
    }
}

/// What is there in a directory; what is asked for there, and with which fields; the answer; what
/// changes then; and the answer to the next.
type Row = (
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static str,
    fn(&Site, &str),
    &'static str,
);

const MARKDOWN: &str = "Accept: text/markdown\r\n";
const MARKDOWN_IN_GZIP: &str = "Accept: text/markdown\r\nAccept-Encoding: gzip\r\n";
const BROTLI: &str = "Accept-Encoding: br\r\n";

/// Every file holds its name, but those that are empty.
const ROWS: &[Row] = &[
    (
        &["page.html"],
        "page.html",
        MARKDOWN,
        "200 page.html",
        |site, dir| add(site, dir, "page.md"),
        "200 page.md",
    ),
    (
        &["page.html"],
        "page.html",
        MARKDOWN_IN_GZIP,
        "200 page.html",
        |site, dir| add(site, dir, "page.md.gz"),
        "200 page.md.gz",
    ),
    (
        &["page.html", "page.md"],
        "page.html",
        MARKDOWN,
        "200 page.md",
        |site, dir| fs::remove_file(site.path(format!("{dir}/page.md"))).unwrap(),
        "200 page.html",
    ),
    (
        &["page", "page.md"],
        "page",
        MARKDOWN,
        "200 page.md",
        |site, dir| {
            fs::remove_file(site.path(format!("{dir}/page"))).unwrap();
            fs::create_dir(site.path(format!("{dir}/page"))).unwrap();
        },
        "301",
    ),
    (
        &["index.html"],
        "",
        MARKDOWN,
        "200 index.html",
        |site, dir| add(site, dir, "index.md"),
        "200 index.md",
    ),
    (
        &["index.htm"],
        "",
        BROTLI,
        "200 index.htm",
        |site, dir| add(site, dir, "index.html.br"),
        "200 index.html.br",
    ),
    (
        &["index.htm", "index.htm.br"],
        "",
        BROTLI,
        "200 index.htm.br",
        |site, dir| add(site, dir, "index.html"),
        "200 index.html",
    ),
    (
        &[],
        "none.css",
        BROTLI,
        "404",
        |site, dir| add(site, dir, "none.css.br"),
        "200 none.css.br",
    ),
    (
        &["empty.css.br"],
        "empty.css",
        BROTLI,
        "404",
        // Over the one that is there: its directory does not change.
        |site, dir| drop(site.file(format!("{dir}/empty.css.br"), "full")),
        "200 full",
    ),
    (
        &[],
        "none",
        MARKDOWN,
        "404",
        |site, dir| add(site, dir, "none.md"),
        "200 none.md",
    ),
];

fn add(site: &Site, dir: &str, name: &str) {
    let content = if name.starts_with("empty") { "" } else { name };
    site.file(format!("{dir}/{name}"), content);
}

fn change_names_and_ask(name: &str, options: &[&str], rows: &[&Row]) {
    let site = site(name);
    for (number, (files, ..)) in rows.iter().enumerate() {
        site.dir(format!("{number}"));
        for name in *files {
            add(&site, &number.to_string(), name);
        }
    }
    // Until the next change of a directory will show.
    std::thread::sleep(Duration::from_millis(30));
    let server = site.serve(&[&["--quiet"], options].concat());
    let mut peer = server.connect();
    for (number, (files, name, fields, before, change, after)) in rows.iter().enumerate() {
        let mut ask = || {
            peer.send(request("GET", format!("/{number}/{name}"), fields));
            let reply = peer.read_response();
            match reply.status {
                200 => format!("200 {}", reply.text()),
                status => status.to_string(),
            }
        };
        for _ in 0..3 {
            assert_eq!(&ask(), before, "{files:?}, {name}");
        }
        change(&site, &number.to_string());
        assert_eq!(&ask(), after, "{files:?}, {name}, then");
    }
}

#[test]
fn each_name_that_comes_or_goes_counts_at_once() {
    let rows: Vec<&Row> = ROWS.iter().collect();
    change_names_and_ask("forms-names", &["--precompressed", "--markdown"], &rows);
}

#[test]
fn without_codings_each_name_that_comes_or_goes_counts_at_once() {
    let is_of_markdown = |row: &&Row| row.2 == MARKDOWN;
    let rows: Vec<&Row> = ROWS.iter().filter(is_of_markdown).collect();
    change_names_and_ask("forms-markdown", &["--markdown"], &rows);
}

#[test]
fn a_long_form_has_the_type_that_its_file_has_now() {
    let site = site("forms-type");
    let plain = site.file("a.css", "in clear");
    site.file("a.css.br", vec![b'x'; 20_000]);
    std::thread::sleep(Duration::from_millis(30));
    let server = site.serve(&["--quiet", "--precompressed"]);
    let content_type = || {
        server
            .get_with("/a.css", BROTLI)
            .field("Content-type")
            .to_owned()
    };
    for _ in 0..3 {
        assert_eq!(content_type(), "text/css; charset=utf-8");
    }
    File::create(&plain).unwrap().write_all(b"caf\xE9").unwrap();
    set_modified(&plain, at(MODIFIED));
    assert_eq!(content_type(), "text/css");
}
