//! The mistakes that people make, and what each is told.

/// Arguments, how the message starts, and what it tells to type.
pub const MISTAKES: &[(&[&str], &str, &str)] = &[
    // The port.
    (
        &["-p", "8000"],
        "argument -p/--protocol: \"8000\"",
        ": sprat 8000)",
    ),
    (
        &["-p8000"],
        "argument -p/--protocol: \"8000\"",
        ": sprat 8000)",
    ),
    (
        &["-p=8000"],
        "argument -p/--protocol: \"8000\"",
        ": sprat 8000)",
    ),
    (
        &["--protocol", ":8000"],
        "argument -p/--protocol: ",
        ": sprat 8000)",
    ),
    (
        &["-p", "1.1"],
        "argument -p/--protocol: \"1.1\"",
        "(-p HTTP/1.1)",
    ),
    (
        &["--port", "8000"],
        "unknown option \"--port\"",
        ": sprat 8000)",
    ),
    (
        &["--port=9000"],
        "unknown option \"--port=9000\"",
        ": sprat 9000)",
    ),
    (
        &["--port", "-q"],
        "unknown option \"--port\"",
        ": sprat 8000)",
    ),
    (&["-P", "81"], "unknown option \"-P\"", ": sprat 81)"),
    (&["-P81"], "unknown option \"-P81\"", ": sprat 81)"),
    (&["-port", "81"], "unknown option \"-port\"", ": sprat 81)"),
    (
        &[":8000"],
        "argument PORT or DIRECTORY: \":8000\"",
        "(type sprat 8000)",
    ),
    (
        &["+80"],
        "argument PORT or DIRECTORY: \"+80\"",
        "(type sprat 80)",
    ),
    (
        &["8000,"],
        "argument PORT or DIRECTORY: \"8000,\"",
        "(type sprat 8000)",
    ),
    (
        &["port=81"],
        "argument PORT or DIRECTORY: \"port=81\"",
        "(type sprat 81)",
    ),
    (
        &[""],
        "argument PORT or DIRECTORY: \"\"",
        "type sprat 8000)",
    ),
    (
        &["70000"],
        "argument PORT: \"70000\"",
        "is not a port, 0 to 65535",
    ),
    (
        &["80", "81"],
        "unexpected argument \"81\"",
        ": sprat 80 & sprat 81)",
    ),
    (
        &["-q8000"],
        "argument -q/--quiet: takes no value, but got \"8000\"",
        ": sprat 8000)",
    ),
    (
        &["-b", "unix:/s", "8000"],
        "argument PORT: Unix sockets have no port",
        "-b localhost)",
    ),
    (
        &["8000", "-b", "unix:/s", "--bind=unix:/t,mode=0600"],
        "argument PORT: Unix sockets have no port",
        "-b localhost)",
    ),
    // The address.
    (&["-b", "any"], "argument -b/--bind", "leave -b out: sprat)"),
    (
        &["--host", "::1"],
        "unknown option \"--host\"",
        ": sprat -b ::1)",
    ),
    (&["--host=0"], "unknown option \"--host=0\"", ": sprat 0)"),
    (
        &["--host", "h:80"],
        "unknown option \"--host\"",
        ": sprat -b h 80)",
    ),
    (
        &["--listen", "[::]:80"],
        "unknown option \"--listen\"",
        ": sprat -b [::] 80)",
    ),
    (
        &["--port", "h:80"],
        "unknown option \"--port\"",
        ": sprat -b h 80)",
    ),
    (
        &["-b", ":8000"],
        "argument -b/--bind: \":8000\" is not",
        ": sprat 8000)",
    ),
    (
        &["-b", "8000"],
        "argument -b/--bind: \"8000\" is not",
        ": sprat 8000)",
    ),
    (
        &["-b", "127.0.0.1:80"],
        "argument -b/--bind: ",
        ": sprat -b 127.0.0.1 80)",
    ),
    (
        &["-b", "[::1]:80"],
        "argument -b/--bind: ",
        ": sprat -b [::1] 80)",
    ),
    (
        &["-b", "http://h:80/"],
        "argument -b/--bind: ",
        ": sprat -b h 80)",
    ),
    (
        &["-b", "h:http"],
        "argument -b/--bind: ",
        "(the port is an argument of its own)",
    ),
    (
        &["-b", "*"],
        "argument -b/--bind: \"*\" is not",
        "leave -b out: sprat)",
    ),
    (
        &["--bind="],
        "argument -b/--bind: \"\" is not",
        "leave -b out: sprat)",
    ),
    (
        &["-b", "::1,h"],
        "argument -b/--bind: \"::1,h\" is not",
        "-b ::1 -b h)",
    ),
    (
        &["-b", "10.0.0.0/8"],
        "argument -b/--bind: ",
        ": -b localhost)",
    ),
    (
        &["0.0.0.0:80"],
        "argument PORT or DIRECTORY: ",
        "(type sprat -b 0.0.0.0 80)",
    ),
    (
        &["localhost:80"],
        "argument PORT or DIRECTORY: ",
        "(type sprat -b localhost 80)",
    ),
    (&["*:80"], "argument PORT or DIRECTORY: ", "(type sprat 80)"),
    (
        &["http://localhost:80"],
        "argument PORT or ",
        "(type sprat -b localhost 80)",
    ),
    (
        &["http://[::1]:80/a?b"],
        "argument PORT or ",
        "(type sprat -b [::1] 80)",
    ),
    (
        &["localhost"],
        "argument PORT or DIRECTORY: ",
        ": sprat -b localhost)",
    ),
    (
        &["127.0.0.1"],
        "argument PORT or DIRECTORY: ",
        ": sprat -b 127.0.0.1)",
    ),
    (
        &["80", "::1"],
        "unexpected argument \"::1\"",
        ": sprat -b ::1 80)",
    ),
    (
        &["-6"],
        "argument PORT or DIRECTORY: \"-6\"",
        "(type sprat -b ::)",
    ),
    // The directory.
    (
        &["--root", "/srv"],
        "unknown option \"--root\"",
        ": sprat -d /srv)",
    ),
    (
        &["--root"],
        "unknown option \"--root\"",
        ": sprat -d DIRECTORY)",
    ),
    (
        &["--root=a b"],
        "unknown option \"--root=a b\"",
        ": sprat -d 'a b')",
    ),
    (
        &["-directory", "."],
        "unknown option \"-directory\"",
        "(did you mean --directory?)",
    ),
    (
        &["--directroy", "."],
        "unknown option \"--directroy\"",
        "(did you mean --directory?)",
    ),
    (&["-D."], "unknown option \"-D.\"", ": sprat -d .)"),
    (
        &["80", "."],
        "unexpected argument \".\"",
        ": sprat 80 -d .)",
    ),
    (
        &[".", "80"],
        "unexpected argument \"80\"",
        ": sprat 80 -d .)",
    ),
    (
        &["src", "tests"],
        "unexpected argument \"tests\"",
        "(one directory for each server,",
    ),
    (
        &["-d", "src", "."],
        "unexpected argument \".\"",
        ": sprat -d .)",
    ),
    (
        &[".", "-d", "src"],
        "unexpected argument \".\"",
        ": sprat -d .)",
    ),
    (
        &["Cargo.toml"],
        "argument PORT or DIRECTORY: \"Cargo.toml\" is a file",
        ": sprat -d Cargo.toml",
    ),
    (
        &["scr"],
        "argument PORT or DIRECTORY: \"scr\"",
        "(did you mean -d src?)",
    ),
    (
        &["./scr"],
        "argument PORT or DIRECTORY: \"./scr\"",
        "(did you mean -d ./src?)",
    ),
    (
        &["~/public"],
        "argument PORT or DIRECTORY: ",
        ": -d ~/public)",
    ),
    (
        &["file:///srv"],
        "argument PORT or DIRECTORY: ",
        ": -d /srv)",
    ),
    // A field.
    (
        &["-H", "X-A: b"],
        "argument -H/--header: expected 2 arguments",
        ": -H X-A b)",
    ),
    (
        &["-H", "X-A: b c", "80"],
        "argument -H/--header: \"X-A: b c\"",
        ": -H X-A 'b c')",
    ),
    (
        &["-H", "X-A:", "b"],
        "argument -H/--header: \"X-A:\"",
        ": -H X-A b)",
    ),
    (
        &["-HX-A:*"],
        "argument -H/--header: expected 2",
        ": -H X-A '*')",
    ),
    (
        &["--header=X-A=b"],
        "argument -H/--header: expected 2",
        ": -H X-A b)",
    ),
    (
        &["--cors-origin", "https://a"],
        "unknown option \"--cors-origin\"",
        "--cors=https://example.org for one origin)",
    ),
    (
        &["--cors", "https://a.example"],
        "argument --cors: its value is attached",
        "(--cors=https://a.example)",
    ),
    (
        &["--cors=a.example"],
        "argument --cors: \"a.example\" is not an origin",
        "(--cors=https://a.example)",
    ),
    (
        &["--single"],
        "unknown option \"--single\"",
        "(type sprat --spa, or --spa=FILE for another page than /index.html)",
    ),
    (
        &["--spa", "Cargo.toml"],
        "argument --spa: its value is attached",
        "(--spa=Cargo.toml)",
    ),
    (
        &["--spa", "/app.html", "80"],
        "argument --spa: its value is attached",
        "(--spa=/app.html)",
    ),
    (
        &["--spa="],
        "argument --spa: \"\" is not the path",
        "such as /index.html",
    ),
    (
        &["--not-found", "../404.html"],
        "argument --not-found: \"../404.html\" is not the path",
        "such as /index.html",
    ),
    (
        &["--404=404.html"],
        "unknown option ",
        "(type sprat --not-found 404.html)",
    ),
    (
        &["--pretty-urls"],
        "unknown option ",
        "(type sprat --clean-urls)",
    ),
    (
        &["--clean-ulrs"],
        "unknown option ",
        "(did you mean --clean-urls?)",
    ),
    (
        &["--no-dotfiles"],
        "unknown option ",
        "(type sprat --hide-dotfiles)",
    ),
    (
        &["--hide-dot-files"],
        "unknown option ",
        "(did you mean --hide-dotfiles?)",
    ),
    (
        &["--mime-types", "x"],
        "unknown option ",
        "(type sprat --types /etc/mime.types)",
    ),
    (
        &["--coep"],
        "unknown option \"--coep\"",
        "(type sprat --isolate)",
    ),
    (
        &["--allowed-hosts", "a"],
        "unknown option \"--allowed-hosts\"",
        "--allow-host example.org)",
    ),
    (
        &["--allow-hosts", "a"],
        "unknown option \"--allow-hosts\"",
        "(did you mean --allow-host?)",
    ),
    (
        &["--header-fro", "/a", "b", "c"],
        "unknown option \"--header-fro\"",
        "(did you mean --header-for?)",
    ),
    // Help and the like.
    (
        &["--help-me"],
        "unknown option \"--help-me\"",
        "(did you mean --help?)",
    ),
    (
        &["-help"],
        "unknown option \"-help\"",
        "(did you mean --help?)",
    ),
    (&["-?"], "unknown option \"-?\"", "(did you mean --help?)"),
    (
        &["help"],
        "argument PORT or DIRECTORY: \"help\"",
        "(did you mean --help?)",
    ),
    (&["-v"], "unknown option \"-v\"", ": sprat -V)"),
    (
        &["--verbose"],
        "unknown option \"--verbose\"",
        ": sprat -V)",
    ),
    (&["-Q"], "unknown option \"-Q\"", "(did you mean --quiet?)"),
    (
        &["--QUIET"],
        "unknown option \"--QUIET\"",
        "(did you mean --quiet?)",
    ),
    (
        &["--no_listing"],
        "unknown option \"--no_listing\"",
        "(did you mean --no-listing?)",
    ),
    (
        &["--connections", "9"],
        "unknown option ",
        "(did you mean --max-connections?)",
    ),
    // Units.
    (
        &["--idle-timeout", "5m"],
        "argument --idle-timeout: \"5m\"",
        "(in seconds: 300)",
    ),
    (
        &["--max-connections", "1k"],
        "argument --max-connections: ",
        "(in digits: 1000)",
    ),
    (
        &["--mime", "x:a/b"],
        "argument --mime: \"x:a/b\"",
        "(--mime x=a/b)",
    ),
];
