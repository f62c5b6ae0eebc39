//! Tests of `cgi::find`.

use super::*;

#[test]
fn only_a_directory_and_paths_beneath_it_are_its() {
    let directories = [b"/cgi-bin".to_vec(), b"/a/b/cgi".to_vec()];
    for (path, want) in [
        ("/cgi-bin/x", Area::Within(8)),
        ("/cgi-bin/", Area::Within(8)),
        ("/a/b/cgi/x/y", Area::Within(8)),
        ("/cgi-bin", Area::Within(8)),
        ("/cgi-bin2/x", Area::Outside),
        ("/cgi-bi", Area::Outside),
        ("/x/cgi-bin/x", Area::Outside),
        ("/a/b/x", Area::Outside),
        ("/", Area::Outside),
        ("/CGI-bin/x", Area::Alike),
        ("/A/b/cgi/", Area::Alike),
        ("/CGI-BIN", Area::Alike),
        ("/CGI-BIN2", Area::Outside),
        ("/cgi-bin./x", Area::Alike),
        ("/cgi-bin /x", Area::Alike),
        ("/Cgi-Bin. . ", Area::Alike),
        ("/a./b /cgi..", Area::Alike),
        ("/a/b/cgi./x", Area::Alike),
        ("/ cgi-bin/x", Area::Outside),
        ("/.cgi-bin/x", Area::Outside),
        ("/cgi-bin/x.", Area::Within(8)),
        ("/a./b", Area::Outside),
    ] {
        assert_eq!(area(path.as_bytes(), &directories), want, "{path}");
    }
    assert_eq!(area(b"/x", &[Vec::new()]), Area::Within(0));
    assert_eq!(area(b"/", &[Vec::new()]), Area::Within(0));
}

#[test]
fn first_element_that_is_no_directory_is_the_script() {
    let mut kind_of = |path: &[u8]| match path {
        b"cgi-bin" | b"cgi-bin/dir" | b"cgi-bin/dir/deep" => Ok(Kind::Directory),
        b"one" | b"cgi-bin/x" | b"cgi-bin/dir/y" => Ok(Kind::Regular),
        b"cgi-bin/fifo" => Ok(Kind::Special),
        _ => Err(()),
    };
    for (path, want) in [
        ("/cgi-bin/x", Ok(Some("/cgi-bin/x"))),
        ("/cgi-bin/x/", Ok(Some("/cgi-bin/x"))),
        ("/cgi-bin/x/y/z", Ok(Some("/cgi-bin/x"))),
        ("/cgi-bin/dir/y/i", Ok(Some("/cgi-bin/dir/y"))),
        ("/cgi-bin/fifo/i", Ok(Some("/cgi-bin/fifo"))),
        ("/cgi-bin", Ok(None)),
        ("/cgi-bin/", Ok(None)),
        ("/cgi-bin/dir", Ok(None)),
        ("/cgi-bin/dir/", Ok(None)),
        ("/cgi-bin/dir/deep/", Ok(None)),
        ("/cgi-bin/none", Err(())),
        ("/cgi-bin/dir/none/x", Err(())),
    ] {
        let got = split(path.as_bytes(), 8, &mut kind_of);
        let got = got.map(|end| end.map(|(end, _)| &path[..end]));
        assert_eq!(got, want, "{path}");
    }
    for (path, want) in [
        ("/one", Ok(Some((4, Kind::Regular)))),
        ("/one/i", Ok(Some((4, Kind::Regular)))),
        ("/two", Err(())),
    ] {
        assert_eq!(split(path.as_bytes(), 4, &mut kind_of), want, "{path}");
    }
    let beneath_root = split(b"/one/i", 0, &mut kind_of);
    assert_eq!(beneath_root, Ok(Some((4, Kind::Regular))));
}

/// A tree in a table: paths, what they are, their permission bits, and whether they are closed.
struct Table(&'static [(&'static str, Kind, u32, bool)]);

impl Lookup for Table {
    fn kind_of(&self, path: &[u8]) -> Result<(Kind, u32), Refused> {
        self.judge(path).map(|(kind, mode, _)| (kind, mode))
    }

    fn judge(&self, path: &[u8]) -> Result<(Kind, u32, bool), Refused> {
        let found = self.0.iter().find(|row| row.0.as_bytes() == path);
        match found.copied().ok_or(Refused::NotFound)? {
            (_, Kind::Special, ..) => Err(Refused::NotRegular),
            (_, Kind::Symlink, ..) => Err(Refused::Failed(5)),
            (_, kind, mode, is_closed) => Ok((kind, mode, is_closed)),
        }
    }
}

#[test]
fn an_index_page_is_run_if_it_is_a_script_by_its_name_or_for_what_it_is() {
    use Kind::{Directory, Regular, Special, Symlink};
    let places = ScriptPlaces {
        directories: vec![b"/cgi-bin".to_vec(), b"/index.cgi".to_vec()],
        real_places: vec![b"/real".to_vec()],
        index_pages: vec!["index.html".into(), "index.cgi".into()],
    };
    let tree = Table(&[
        ("cgi-bin", Directory, 0o755, true),
        ("cgi-bin/index.cgi", Regular, 0o755, true),
        ("cgi-bin/sub", Directory, 0o755, true),
        ("index.cgi", Regular, 0o755, true),
        ("cgi-bin/index.html", Symlink, 0, false),
        ("linked/index.cgi", Regular, 0o755, true),
        ("plain/index.cgi", Regular, 0o755, false),
        ("first/index.html", Regular, 0o644, false),
        ("first/index.cgi", Regular, 0o755, true),
        ("folder/index.html", Directory, 0o755, false),
        ("folder/index.cgi", Regular, 0o644, true),
        ("socket/index.html", Special, 0o755, false),
        ("socket/index.cgi", Regular, 0o755, true),
        ("broken/index.html", Symlink, 0o755, false),
        ("broken/index.cgi", Regular, 0o755, true),
    ]);
    for (path, want) in [
        ("/", "/index.cgi"),
        ("/index.cgi/", "/index.cgi + /"),
        ("/linked/", "/linked/index.cgi"),
        ("/linked", "-"),
        ("/plain/", "-"),
        ("/first/", "-"),
        ("/folder/", "403"),
        ("/socket/", "/socket/index.cgi"),
        // The file server says why not.
        ("/broken/", "-"),
        ("/none/", "-"),
        ("/cgi-bin", "-"),
        ("/cgi-bin/", "403"),
        ("/cgi-bin/sub/", "403"),
        ("/cgi-bin/none", "404"),
        ("/real/", "404"),
        ("/CGI-BIN/", "404"),
    ] {
        let got = match places.decide(path.as_bytes(), &tree) {
            Decision::NotCgi => "-".to_owned(),
            Decision::Refused(failure) => failure.status.code().to_string(),
            Decision::Script(found) => {
                let (name, info) = found.path.split_at(found.name_len);
                let [name, info] = [name, info].map(String::from_utf8_lossy);
                match found.index_len {
                    0 => format!("{name} + {info}"),
                    len => {
                        assert_eq!(&name[name.len() - len..], "index.cgi");
                        assert_eq!(&name[..name.len() - len], path);
                        name.into_owned()
                    }
                }
            }
        };
        assert_eq!(got, want, "{path}");
    }
}
