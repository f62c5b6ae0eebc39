//! README's recipes: what can be pasted into a shell is run as it stands, and says what README
//! says that it does.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::server::run_to_end;
use crate::support::{Site, skip};

const README: &str = include_str!("../../README.md");

/// How often another port is tried, a count: the free one that was found may be taken meanwhile.
const TRIES: usize = 3;

/// A block of shell, and lines of what it prints.
struct Recipe {
    script: String,
    printed: String,
}

/// The blocks that start a server and are followed by what they print.
fn recipes() -> Vec<Recipe> {
    let (_, section) = README.split_once("\n## Recipes\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let blocks: Vec<&str> = section.split("```").skip(1).step_by(2).collect();
    let pairs = blocks.chunks(2).map(|pair| {
        let script = pair[0].strip_prefix("sh\n").expect("a recipe");
        let printed = pair[1].strip_prefix("text\n").expect("what it prints");
        Recipe {
            script: script.into(),
            printed: printed.into(),
        }
    });
    pairs.collect()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("[::1]:0").or_else(|_| TcpListener::bind("127.0.0.1:0"));
    listener.unwrap().local_addr().unwrap().port()
}

/// Runs a script in a directory of its own; returns what it printed.
fn run(name: &str, script: &str) -> Result<String, String> {
    let site = Site::new(name);
    let tools = site.outside("bin");
    fs::create_dir(&tools).unwrap();
    symlink(env!("CARGO_BIN_EXE_sprat"), tools.join("sprat")).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    // Ended half-way, it leaves nothing running.
    let script = script.replace("8000", &free_port().to_string());
    let script = format!("set -e\ntrap 'kill $! 2>/dev/null || :' EXIT\n{script}");
    let mut command = Command::new("sh");
    command
        .args(["-c", &script])
        .current_dir(site.root())
        .env("PATH", format!("{}:{path}", tools.display()))
        .env("HOME", site.root())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0");
    for proxy in [
        "http_proxy",
        "all_proxy",
        "ALL_PROXY",
        "GIT_DIR",
        "GIT_WORK_TREE",
    ] {
        command.env_remove(proxy);
    }
    let (status, stdout, stderr) = run_to_end(command);
    match status {
        Some(0) => Ok(stdout),
        _ => Err(format!("{stdout}\n{stderr}")),
    }
}

/// Words of recipes, and commands that succeed where the programs are.
const NEEDED: &[(&str, &str)] = &[
    ("curl", "curl -V"),
    (
        "git init",
        "test -x \"$(git --exec-path)/git-http-backend\"",
    ),
    (
        "gitweb",
        "test -d /usr/share/gitweb/static && perl -MCGI -e1",
    ),
    ("php-cgi", "php-cgi -v"),
];

fn runs(command: &str) -> bool {
    let output = Command::new("sh").args(["-c", command]).output();
    output.is_ok_and(|output| output.status.success())
}

#[test]
fn recipes_can_be_pasted_and_print_what_readme_says() {
    let recipes = recipes();
    assert!(recipes.len() > 4);
    for Recipe { script, printed } in recipes {
        let missing = NEEDED
            .iter()
            .find(|(word, command)| script.contains(word) && !runs(command));
        if let Some((word, _)) = missing {
            skip(&format!("no {word} here"));
            continue;
        }
        let mut tries = (0..TRIES).map(|_| run("recipe", &script));
        let said = tries.find(|said| !matches!(said, Err(said) if said.contains("cannot listen")));
        let said = said
            .expect("a free port")
            .unwrap_or_else(|said| panic!("{script}\n{said}"));
        for line in printed.lines() {
            assert!(said.contains(line), "{script}\nprints no {line:?}:\n{said}");
        }
    }
}
