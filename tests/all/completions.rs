//! `--completions`: real shells complete real command lines by what the program prints.
//! Needs fish and zsh beside bash: `apt-get install bash fish zsh`.

use std::process::Command;

use crate::support::{Site, skip};

/// What has been typed, what the shell must offer then, and what it must not.
const LINES: &[(&str, &[&str], &[&str])] = &[
    ("sprat --listi", &["--listing"], &["--limits"]),
    (
        "sprat --listing ",
        &["rich", "plain", "off"],
        &["--limits", "public"],
    ),
    ("sprat --listing=r", &["rich"], &["plain"]),
    ("sprat --completions f", &["fish"], &["zsh"]),
    ("sprat -d pu", &["public"], &["--help"]),
    ("sprat --directory pu", &["public"], &["--help"]),
    ("sprat pu", &["public"], &["--help"]),
    ("sprat --quiet --no-l", &["--no-listing"], &["--listing"]),
    // A host has no list of words.
    ("sprat --allow-host ", &[], &["--quiet", "public"]),
];

/// What a shell answers to each line, in a folder with `public/` in it. The script gets the program
/// and the line.
fn offers(shell: &str, options: &[&str], script: &str, line: &str) -> Option<String> {
    let site = Site::new("completions");
    site.file("public/index.html", "x");
    let mut command = Command::new("timeout");
    command
        .args(["60", shell])
        .args(options)
        .args(["-c", script]);
    if shell != "fish" {
        command.arg(shell);
    }
    command.args([env!("CARGO_BIN_EXE_sprat"), line]);
    command.current_dir(site.root()).env("TERM", "dumb");
    let is_there = Command::new(shell).arg("--version").output().is_ok();
    if !is_there {
        skip(&format!("no {shell} here"));
        return None;
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{shell}: {line}: {said}");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn check(shell: &str, options: &[&str], script: &str) {
    for (line, wanted, unwanted) in LINES {
        let Some(offers) = offers(shell, options, script, line) else {
            return;
        };
        let words: Vec<&str> = offers.split(|c: char| !c.is_ascii_graphic()).collect();
        let has = |word: &str| {
            // fish repeats what the value is attached to, zsh marks folders and what a value
            // follows.
            let is = |offer: &&str| offer.trim_end_matches(['/', '=']).ends_with(word);
            words.iter().any(is)
        };
        for word in *wanted {
            assert!(has(word), "{shell}: {line:?}: {word} is not in {offers:?}");
        }
        for word in *unwanted {
            assert!(
                !words.contains(word),
                "{shell}: {line:?}: {word} is in {offers:?}"
            );
        }
    }
}

#[test]
fn bash_completes_options_their_words_and_paths() {
    // As readline does: the line is split at spaces and at `=`.
    let script = r#"
        eval "$("$1" --completions bash)"
        line=${2//=/ = }
        read -ra COMP_WORDS <<<"$line"
        [[ $2 == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        compopt() { :; }
        _sprat
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    check("bash", &["--norc"], script);
}

#[test]
fn fish_completes_options_their_words_and_paths() {
    let script = r#"
        $argv[1] --completions fish | source
        complete -C $argv[2] | string replace -r "\t.*" ""
        true
    "#;
    check("fish", &["--no-config"], script);
}

/// At its prompt, in a terminal of its own: zsh completes nowhere else.
#[test]
fn zsh_completes_options_their_words_and_paths() {
    let script = r#"
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'PS1=; autoload -U compinit; compinit -u -D; print READY$((1 + 1))'
        zpty -r shell seen '*READY2*'
        zpty -w shell "eval \"\$(${(q)1} --completions zsh)\"; print READY\$((2 + 2))"
        # Its editor turns on bracketed paste, and reads the line.
        zpty -r shell seen '*READY4*2004h*'
        zpty -w -n shell "$2"$'\t'
        zpty -w -n shell $'\C-e\C-uprint READY$((3 + 3))\n'
        zpty -r shell seen '*READY6*'
        print -r -- "$seen"
        zpty -d shell
    "#;
    check("zsh", &["-f"], script);
}
