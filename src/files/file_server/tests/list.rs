//! Pages of one's own for directories.

use super::*;
use crate::tree::Kind;

/// The path that was asked for, and an entry in each line, of links and directories their kind.
fn page(req: &Request<'_>, entries: Vec<DirectoryEntry>) -> Response {
    let lines = entries.iter().map(|entry| {
        let kind = match entry.stat.map(|stat| stat.kind) {
            Some(Kind::Regular) => "file",
            Some(Kind::Directory) => "directory",
            Some(_) => "other",
            None => "nothing",
        };
        format!("{kind} {} {}\n", entry.href(), entry.name_in_html())
    });
    let lines: String = lines.collect();
    Response::new(Status::OK).text(format!("{}\n{lines}", req.path()))
}

#[test]
fn a_page_of_ones_own_gets_the_entries_that_may_be_seen() {
    let dir = site();
    write(&dir, "dir/.hidden", "");
    write(&dir, "dir/a\n<b>\"", "");
    fs::create_dir(dir.path().join("dir/in")).unwrap();
    symlink("b", dir.path().join("dir/to b")).unwrap();
    symlink("in", dir.path().join("dir/to in")).unwrap();
    symlink("/etc", dir.path().join("dir/outside")).unwrap();
    symlink("nowhere", dir.path().join("dir/void")).unwrap();
    let builder = || FileServer::builder(dir.path()).listing_page(page);
    let files = builder().hide_dotfiles(true).header("X-All", "1");
    let files = files.open().unwrap();
    let want = "/dir/\n\
        file a%0A%3Cb%3E%22 a&#10;&lt;b&gt;\"\n\
        file b b\n\
        directory in/ in\n\
        nothing outside outside\n\
        file to%20b to b\n\
        directory to%20in/ to in\n\
        nothing void void\n";
    for style in [ListingStyle::Plain, ListingStyle::Rich] {
        let files = builder().listing(style).hide_dotfiles(true).open().unwrap();
        assert_eq!(body(&get(&files, "/dir/")), want);
    }
    let response = get(&files, "/dir/");
    assert_eq!(
        (body(&response), field(&response, "X-All")),
        (want.into(), Some("1"))
    );
    assert!(response.is_costly, "one in a turn");
    let all = body(&get(&builder().open().unwrap(), "/dir/"));
    assert!(all.contains("file .hidden .hidden\n"), "{all}");
    // What has an index page, or may not be listed, is not.
    assert_eq!(body(&get(&files, "/with/")), "file 0..3");
    assert_eq!(get(&files, "/dir").status(), Status::MOVED_PERMANENTLY);
    let off = builder().listing(ListingStyle::Off).open().unwrap();
    assert_eq!(get(&off, "/dir/").status(), Status::NOT_FOUND);
}

#[test]
fn a_page_may_be_a_failure_and_a_directory_too_large_for_one_is() {
    let dir = site();
    let no = |_: &Request<'_>, _| Failure::new(Status::FORBIDDEN);
    let files = FileServer::builder(dir.path())
        .listing_page(no)
        .open()
        .unwrap();
    assert_eq!(get(&files, "/dir/").status(), Status::FORBIDDEN);
    let large = dir.path().join("large");
    fs::create_dir(&large).unwrap();
    for number in 0..crate::http::limits::DIRECTORY_ENTRIES_MAX {
        File::create(large.join(number.to_string())).unwrap();
    }
    let files = FileServer::builder(dir.path())
        .listing_page(page)
        .open()
        .unwrap();
    let by_list = |files: &FileServer| {
        let text = b"GET /large/ HTTP/1.1\r\nHost: h\r\n\r\n";
        with_request(text, Version::Http11, |req| match files.find(req) {
            Found::Directory(dir) => files.list(req, dir),
            _ => panic!("a directory"),
        })
    };
    assert_eq!(by_list(&files).status(), Status::OK);
    File::create(large.join("more")).unwrap();
    let response = by_list(&files);
    assert_eq!(response.status(), Status::INTERNAL_SERVER_ERROR);
    assert_eq!(
        cause(&response),
        "the directory has too many entries for its page"
    );
}

#[test]
fn memory_has_room_for_the_entries_of_each_place() {
    const MIB: usize = 1024 * 1024;
    let dir = site();
    let fixed = |files: FileServerBuilder| files.open().unwrap().memory().of(0);
    let builder = || FileServer::builder(dir.path()).listings_max(2, 0);
    let [without, with] = [
        builder().listing(ListingStyle::Off),
        builder().listing_page(page),
    ];
    let [without, with] = [fixed(without), fixed(with)];
    assert!(with > without + 3 * 4 * MIB, "{with} {without}");
    assert!(with < without + 3 * 7 * MIB, "{with} {without}");
}
