//! The units of `dist/`, by what systemd itself says of them, and by what the program needs.

#[cfg(feature = "cgi")]
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[cfg(feature = "cgi")]
use crate::support::Server;
use crate::support::server::run_to_end;
use crate::support::{Site, skip};

/// The exposure that systemd sees is at most this, in hundredths.
const EXPOSURE_MAX: &str = "20";

/// Where the units have the program.
const INSTALLED: &str = "/usr/local/bin/sprat";

fn dist(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("dist")
        .join(name);
    fs::read_to_string(path).unwrap()
}

/// What systemd-analyze says; `None` where it is missing.
fn analyze(args: &[&str], units: &Path) -> Option<Output> {
    let mut command = Command::new("systemd-analyze");
    // Those of the machine have nothing to do with it.
    let path = format!("{}:", units.display());
    command.args(args).env("SYSTEMD_UNIT_PATH", path);
    let output = command.env("SYSTEMD_PAGER", "cat").output();
    if output.is_err() {
        skip("there is no systemd-analyze (apt-get install systemd)");
    }
    output.ok()
}

/// The units, with the program that is tested; of the template, one.
fn units(site: &Site) -> [PathBuf; 3] {
    [
        ("sprat.service", "sprat.service"),
        ("sprat@.service", "sprat@blog.service"),
        ("sprat.socket", "sprat.socket"),
    ]
    .map(|(name, instance)| {
        let path = site.outside(instance);
        let text = dist(name).replace(INSTALLED, env!("CARGO_BIN_EXE_sprat"));
        fs::write(&path, text).unwrap();
        path
    })
}

#[test]
fn systemd_finds_nothing_wrong_with_them() {
    let site = Site::new("units");
    for unit in units(&site) {
        let unit = unit.to_str().unwrap();
        let args = ["verify", "--man=no", unit];
        let Some(output) = analyze(&args, &site.outside("")) else {
            return;
        };
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{unit}: {said}");
    }
}

#[test]
fn systemd_sees_little_that_they_expose() {
    let site = Site::new("units-security");
    let threshold = format!("--threshold={EXPOSURE_MAX}");
    for unit in &units(&site)[..2] {
        let unit = unit.to_str().unwrap();
        let args = ["security", "--offline=true", &threshold, unit];
        let Some(output) = analyze(&args, &site.outside("")) else {
            return;
        };
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{unit}: {said}");
    }
}

/// The settings of a unit from the line on that begins with this.
fn settings<'a>(unit: &'a str, from: &str) -> Vec<&'a str> {
    let lines = unit.lines().skip_while(|line| !line.starts_with(from));
    lines.filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn both_services_give_up_the_same() {
    let [one, template] = ["sprat.service", "sprat@.service"].map(dist);
    let template = template.replace("sprat-%i", "sprat");
    let (one, template) = (
        settings(&one, "KillMode="),
        settings(&template, "KillMode="),
    );
    assert!(one.len() > 30);
    assert_eq!(one, template);
}

#[test]
fn what_they_start_is_understood() {
    let site = Site::new("units-start");
    let root = site.root().to_str().unwrap();
    for name in ["sprat.service", "sprat@.service"] {
        let unit = dist(name);
        let start = settings(&unit, "ExecStart=")[0].replace("%i", "www");
        let words = start.strip_prefix("ExecStart=").unwrap().split(' ');
        let words: Vec<&str> = words
            .map(|word| if word == "/srv/www" { root } else { word })
            .collect();
        assert_eq!(words[0], INSTALLED);
        let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
        command.args(&words[1..]).arg("--limits");
        let (code, _, said) = run_to_end(command);
        assert_eq!(code, Some(0), "{name}: {said}");
    }
}

/// The system calls that the services have, by systemd's own sets; `None` where it is missing.
#[cfg(feature = "cgi")]
fn allowed_calls(site: &Site) -> Option<BTreeSet<String>> {
    let output = analyze(&["syscall-filter"], &site.outside(""))?;
    let sets = String::from_utf8(output.stdout).unwrap();
    // Sets may be of sets.
    let expand = |name: &str| {
        let (mut calls, mut names) = (BTreeSet::new(), vec![name.to_owned()]);
        while let Some(name) = names.pop() {
            let lines = sets.lines().skip_while(|line| *line != name).skip(1);
            for line in lines.take_while(|line| line.starts_with(' ')) {
                let word = line.trim().to_owned();
                match word.starts_with('@') {
                    true => names.push(word),
                    false => drop(calls.insert(word)),
                }
            }
        }
        calls
    };
    let privileged = expand("@privileged");
    assert!(privileged.contains("chroot"));
    Some(&expand("@system-service") - &privileged)
}

#[test]
#[cfg(feature = "cgi")]
fn the_program_and_its_scripts_make_no_system_call_that_they_refuse() {
    let site = Site::new("units-calls");
    let Some(allowed) = allowed_calls(&site) else {
        return;
    };
    let trace = site.outside("trace");
    if Command::new("strace").arg("-V").output().is_err() {
        return skip("there is no strace (apt-get install strace)");
    }
    site.file("a.txt", "a");
    site.script("cgi-bin/s", "#!/bin/sh\nprintf 'Status: 200\\n\\n'\ncat\n");
    // Not as root, who has scripts run by another user: the services have no such rights.
    let Some(unprivileged) = site.unprivileged() else {
        return;
    };
    let mut command = Command::new("strace");
    if rustix::process::geteuid().is_root() {
        command.args(["-u", "nobody"]);
    }
    command.args(["-f", "-qq", "-o"]).arg(&trace);
    command.arg(unprivileged.get_program());
    command
        // strace passes no signal on.
        .args([
            "-b",
            "127.0.0.1",
            "--cgi",
            "0",
            "--exit-when-idle",
            "0.5",
            "-d",
        ])
        .arg(site.root());
    let mut server = Server::start(command);
    assert_eq!(server.get("/a.txt").text(), "a");
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.request("POST", "/cgi-bin/s", "").status, 200);
    assert_eq!(server.wait().code(), Some(0));
    let trace = fs::read_to_string(trace).unwrap();
    let mut calls = 0;
    for line in trace.lines() {
        let Some((name, _)) = line
            .split_once(' ')
            .and_then(|(_, line)| line.trim().split_once('('))
        else {
            continue;
        };
        let is_name = name
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
        calls += usize::from(is_name);
        assert!(!is_name || allowed.contains(name), "{line}");
    }
    assert!(calls > 100, "{trace}");
}
