//! Tests of `cgi::find`.

use super::*;

#[test]
fn only_a_directory_and_paths_beneath_it_are_its() {
    let directories = [b"/cgi-bin".to_vec(), b"/a/b/cgi".to_vec()];
    for (path, want) in [
        ("/cgi-bin/x", Place::Within(8)),
        ("/cgi-bin/", Place::Within(8)),
        ("/a/b/cgi/x/y", Place::Within(8)),
        ("/cgi-bin", Place::Within(8)),
        ("/cgi-bin2/x", Place::Outside),
        ("/cgi-bi", Place::Outside),
        ("/x/cgi-bin/x", Place::Outside),
        ("/a/b/x", Place::Outside),
        ("/", Place::Outside),
        ("/CGI-bin/x", Place::Alike),
        ("/A/b/cgi/", Place::Alike),
        ("/CGI-BIN", Place::Alike),
        ("/CGI-BIN2", Place::Outside),
    ] {
        assert_eq!(place(path.as_bytes(), &directories), want, "{path}");
    }
    assert_eq!(place(b"/x", &[Vec::new()]), Place::Within(0));
    assert_eq!(place(b"/", &[Vec::new()]), Place::Within(0));
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
