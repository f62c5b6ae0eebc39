//! A Rust file as the rules look at it: its lines, with and without comments, texts and tests.

/// One file of the repository.
pub struct Source {
    /// Its path from the repository's top.
    pub path: String,
    /// All of it.
    pub text: String,
    /// The same lines with comments, string texts and the tests at its foot blanked out.
    pub code: String,
}

impl Source {
    /// Looks at a file.
    pub fn new(path: &str, text: &str) -> Source {
        let name = path.rsplit('/').next().unwrap();
        let is_tests = name == "tests.rs" || path.starts_with("src/testing/doors/");
        let code = blank_tests(&blank_comments_and_texts(text));
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
            code: if is_tests { String::new() } else { code },
        }
    }

    /// The names of its module from the crate's root: `src/http/head.rs` is `["http", "head"]`. The
    /// program is a crate of its own.
    pub fn module(&self) -> Vec<String> {
        let program = self.path.strip_prefix("src/program/");
        let path = program.or_else(|| self.path.strip_prefix("src/"));
        let path = path.unwrap_or(&self.path);
        let path = path.strip_suffix(".rs").unwrap_or(path);
        let mut names: Vec<String> = path.split('/').map(str::to_owned).collect();
        if matches!(names.last().unwrap().as_str(), "lib" | "main") {
            names.pop();
        }
        names
    }

    /// The names of its tests.
    pub fn tests(&self) -> Vec<&str> {
        let mut lines = self.text.lines().map(str::trim);
        let mut names = Vec::new();
        while lines.any(|line| line == "#[test]") {
            let function = lines.by_ref().find_map(|line| line.strip_prefix("fn "));
            names.extend(function.and_then(|rest| rest.split('(').next()));
        }
        names
    }

    /// Complaint about a line, counted from 0.
    pub fn complain(&self, line: usize, what: &str) -> String {
        format!("{}:{}: {what}", self.path, line + 1)
    }

    /// Without what it only hands on of its children: `pub use child::Name;` beside `mod child;`.
    /// The crate's root is for others alone, so what it hands on counts.
    pub fn without_reexports(&self) -> Source {
        let mut code = self.code.clone();
        let mut from = 0;
        while let Some(at) = code[from..].find("pub use ").map(|at| from + at) {
            let end = code[at..].find(';').map_or(code.len(), |n| at + n);
            let path = &code[at + "pub use ".len()..end];
            let child = path.split("::").next().unwrap();
            if self.path != "src/lib.rs" && code.contains(&format!("mod {child};")) {
                let blank: String = code[at..end]
                    .chars()
                    .map(|c| if c == '\n' { '\n' } else { ' ' })
                    .collect();
                code.replace_range(at..end, &blank);
            }
            from = end;
        }
        Source {
            path: self.path.clone(),
            text: self.text.clone(),
            code,
        }
    }

    /// Whether it belongs to a folder of modules: to `src/http/`, `src/http.rs` too.
    pub fn is_of(&self, folder: &str) -> bool {
        let root = folder.strip_suffix('/').unwrap_or(folder);
        self.path.starts_with(folder) || self.path.strip_suffix(".rs") == Some(root)
    }

    /// Every path that it names, `use` groups taken apart: `crate::http::head::Head`.
    pub fn paths(&self) -> Vec<(usize, String)> {
        let mut paths = Vec::new();
        let mut rest = 0;
        while let Some(at) = find_word(&self.code[rest..], "use") {
            let start = rest + at + "use".len();
            let end = self.code[start..].find(';').map_or(start, |n| start + n);
            let line = self.code[..start].matches('\n').count();
            let tree = self.code[start..end].split_whitespace().collect::<Vec<_>>();
            for path in flatten(&tree.join(" ")) {
                paths.push((line, path));
            }
            rest = end;
        }
        for (number, line) in self.code.lines().enumerate() {
            for word in line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
                if word.contains("::") {
                    paths.push((number, word.trim_matches(':').to_owned()));
                }
            }
        }
        paths
    }
}

/// Where `word` stands as a word.
pub fn find_word(text: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let after = text[at + word.len()..].chars().next();
        !text[..at].ends_with(is_part) && !after.is_some_and(is_part)
    })
}

/// `a::{b, c::{d, e as f}}` is `a::b`, `a::c::d`, `a::c::e`.
fn flatten(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let name = tree.split(" as ").next().unwrap();
        return vec![name.trim_end_matches("::self").to_owned()];
    };
    let (prefix, group) = (&tree[..open], &tree[open + 1..tree.len() - 1]);
    let mut paths = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let item = group[start..at].trim();
                if item == "self" {
                    paths.push(prefix.trim_end_matches(':').to_owned());
                } else if !item.is_empty() {
                    let inner = flatten(item).into_iter();
                    paths.extend(inner.map(|path| format!("{prefix}{path}")));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    paths
}

/// Blanks comments and what stands between quotes; lines stay where they are.
fn blank_comments_and_texts(text: &str) -> String {
    let bytes: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            '/' if bytes.get(at + 1) == Some(&'/') => line_end(&bytes, at),
            '/' if bytes.get(at + 1) == Some(&'*') => block_end(&bytes, at),
            '"' => text_end(&bytes, at),
            'r' if is_raw(&bytes, at) => raw_end(&bytes, at),
            '\'' => char_end(&bytes, at),
            c => {
                code.push(c);
                at += 1;
                continue;
            }
        };
        for &c in &bytes[at..end] {
            code.push(if c == '\n' { '\n' } else { ' ' });
        }
        at = end;
    }
    code
}

fn line_end(bytes: &[char], at: usize) -> usize {
    let rest = bytes[at..].iter().position(|&c| c == '\n');
    rest.map_or(bytes.len(), |n| at + n)
}

fn block_end(bytes: &[char], at: usize) -> usize {
    let end = bytes[at + 2..].windows(2).position(|two| two == ['*', '/']);
    end.map_or(bytes.len(), |n| at + n + 4)
}

fn text_end(bytes: &[char], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != '"' {
        end += if bytes[end] == '\\' { 2 } else { 1 };
    }
    (end + 1).min(bytes.len())
}

fn is_raw(bytes: &[char], at: usize) -> bool {
    let starts = at == 0 || !(bytes[at - 1].is_alphanumeric() && bytes[at - 1] != 'b');
    let hashes = bytes[at + 1..].iter().take_while(|&&c| c == '#').count();
    starts && bytes.get(at + 1 + hashes) == Some(&'"')
}

fn raw_end(bytes: &[char], at: usize) -> usize {
    let hashes = bytes[at + 1..].iter().take_while(|&&c| c == '#').count();
    let mut close = vec!['"'];
    close.extend(std::iter::repeat_n('#', hashes));
    let body = at + hashes + 2;
    let end = bytes[body..].windows(close.len()).position(|w| w == close);
    end.map_or(bytes.len(), |n| body + n + close.len())
}

/// The end of a character, or the next place after a lifetime's tick.
fn char_end(bytes: &[char], at: usize) -> usize {
    match bytes.get(at + 1) {
        Some('\\') => {
            let end = bytes[at + 3..].iter().position(|&c| c == '\'');
            end.map_or(bytes.len(), |n| at + n + 4)
        }
        Some(_) if bytes.get(at + 2) == Some(&'\'') => at + 3,
        _ => at + 1,
    }
}

/// Blanks `#[cfg(test)] mod tests { ... }`, which by custom ends a file.
fn blank_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut lines = code.lines().peekable();
    let mut within = false;
    while let Some(line) = lines.next() {
        let next_is_mod = lines.peek().is_some_and(|next| next.starts_with("mod "));
        if line.starts_with("#[cfg(test)]") && next_is_mod {
            within = true;
        }
        if !within {
            kept.push_str(line);
        }
        kept.push('\n');
        within &= line != "}" && !line.starts_with("mod ") || line.ends_with('{');
    }
    kept
}

#[test]
fn comments_texts_and_tests_are_not_code() {
    let file = Source::new(
        "src/http/x.rs",
        concat!(
            "//! unsafe\n",
            "let a = \"std::fs \\\" unsafe\"; // unsafe\n",
            "let b = r#\"unsafe \" unsafe\"#; /* unsafe */ let c = 'u'; let d: &'static str;\n",
            "let e = b'\"'; let f = '\\''; fn g() {}\n",
            "#[cfg(test)]\nmod tests {\n    use std::fs;\n    unsafe {}\n}\n",
            "fn after() {}\n",
        ),
    );
    assert_eq!(find_word(&file.code, "unsafe"), None, "{}", file.code);
    assert!(!file.code.contains("std::fs"));
    assert!(file.code.contains("static str;"));
    assert!(file.code.contains("fn g() {}"));
    assert!(file.code.contains("fn after() {}"));
    assert_eq!(file.code.lines().count(), file.text.lines().count());
}

#[test]
fn use_groups_are_taken_apart() {
    let text = "use crate::{a::{B, c as d}, e::self};\npub use super::f;\nlet x = crate::g::h();";
    let file = Source::new("src/x.rs", text);
    let paths: Vec<String> = file.paths().into_iter().map(|(_, path)| path).collect();
    for want in [
        "crate::a::B",
        "crate::a::c",
        "crate::e",
        "super::f",
        "crate::g::h",
    ] {
        assert!(paths.iter().any(|path| path == want), "{want}: {paths:?}");
    }
}

#[test]
fn a_declared_test_module_does_not_hide_what_follows() {
    let file = Source::new("src/x.rs", "#[cfg(test)]\nmod tests;\nunsafe fn x() {}\n");
    assert!(find_word(&file.code, "unsafe").is_some());
}
