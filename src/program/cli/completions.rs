//! The option table as what shells complete command lines by: `--completions SHELL`.

use std::fmt::{Result, Write};

use super::flags::flags;

/// A shell that completes command lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// What a value can be completed to.
enum Choice {
    /// One of these words, with a space between each two.
    Words(String),
    /// A path.
    Path,
    /// Whatever somebody thinks of.
    Anything,
}

/// What a value can be, by what it is called in the table.
fn choice(value: &str) -> Choice {
    match value {
        "DIRECTORY" | "FILE" | "PATH" => Choice::Path,
        words if words.contains('|') && !words.contains(char::is_uppercase) => {
            Choice::Words(words.replace('|', " "))
        }
        _ => Choice::Anything,
    }
}

/// A script that tells a shell how to complete `sprat`.
pub fn completions(shell: Shell) -> String {
    let mut out = String::new();
    // Nothing fails that writes to a string.
    let _ = match shell {
        Shell::Bash => bash(&mut out),
        Shell::Zsh => zsh(&mut out),
        Shell::Fish => fish(&mut out),
    };
    out
}

/// bash(1), "Programmable Completion". It takes `--name=value` for three words.
const BASH: &str = r#"# bash completion for sprat: eval "$(sprat --completions bash)"
_sprat() {
    local IFS=$' \n' word=${COMP_WORDS[COMP_CWORD]} at=$COMP_CWORD
    if [[ $word == = ]]; then
        word=
        at=$((at + 1))
    fi
    [[ ${COMP_WORDS[at - 1]} == = ]] && at=$((at - 1))
    case ${COMP_WORDS[at - 1]} in
"#;

const BASH_PATHS: &str = r#"compopt -o filenames; IFS=$'\n'; COMPREPLY=($(compgen -f -- "$word"))"#;

fn bash(out: &mut String) -> Result {
    out.push_str(BASH);
    let mut options = String::new();
    for flag in flags() {
        write!(options, "{} ", flag.names(" "))?;
        let Some(value) = flag.values.first() else {
            continue;
        };
        let reply = match choice(value) {
            Choice::Words(words) => format!("COMPREPLY=($(compgen -W '{words}' -- \"$word\"))"),
            Choice::Path => BASH_PATHS.into(),
            // One that may be left out is followed by anything.
            Choice::Anything if flag.may_lack_value() => continue,
            Choice::Anything => "COMPREPLY=()".into(),
        };
        writeln!(out, "    {}) {reply}; return ;;", flag.names(" | "))?;
    }
    write!(
        out,
        "    esac\n    case $word in\n    \
         -*) COMPREPLY=($(compgen -W '{options}' -- \"$word\")) ;;\n    \
         *) {BASH_PATHS} ;;\n    esac\n}}\ncomplete -F _sprat sprat\n"
    )
}

/// zshcompsys(1), `_arguments`.
fn zsh(out: &mut String) -> Result {
    out.push_str("#compdef sprat\n_sprat() {\n  _arguments -s -S \\\n");
    for flag in flags() {
        let about = flag.help.replace('[', "\\[").replace(']', "\\]");
        let about = about.replace('\'', "'\\''");
        let names = [(flag.short, "+"), (flag.long, "=")];
        for (name, attached) in names.into_iter().filter(|(name, _)| !name.is_empty()) {
            let attached = match flag.values {
                [] => "",
                [value] if value.starts_with("[=") => "=-",
                _ => attached,
            };
            write!(out, "    '*{name}{attached}[{about}]")?;
            for value in flag.values {
                let optional = if value.starts_with("[=") { ":" } else { "" };
                let action = match choice(value) {
                    Choice::Words(words) => format!("({words})"),
                    Choice::Path => "_files".into(),
                    Choice::Anything => " ".into(),
                };
                write!(
                    out,
                    ":{optional}{}:{action}",
                    value.trim_matches(['[', '=', ']'])
                )?;
            }
            out.push_str("' \\\n");
        }
    }
    out.push_str("    '::port or directory:_files'\n}\n");
    // Read by the completion system it is the function's body, by a start-up file it is not.
    out.push_str("[[ $funcstack[1] == _sprat ]] && _sprat \"$@\" || compdef _sprat sprat\n");
    Ok(())
}

/// fish: `complete`.
fn fish(out: &mut String) -> Result {
    for flag in flags() {
        write!(
            out,
            "complete -c sprat -l {}",
            flag.long.trim_start_matches('-')
        )?;
        if let Some(short) = flag.short.strip_prefix('-') {
            write!(out, " -s {short}")?;
        }
        match flag.values.first().map(|value| choice(value)) {
            None => {}
            Some(Choice::Words(words)) => write!(out, " -x -a '{words}'")?,
            Some(Choice::Path) => out.push_str(" -r -F"),
            Some(Choice::Anything) if flag.may_lack_value() => {}
            Some(Choice::Anything) => out.push_str(" -x"),
        }
        writeln!(
            out,
            " -d '{}'",
            flag.help.replace('\\', "\\\\").replace('\'', "\\'")
        )?;
    }
    Ok(())
}
