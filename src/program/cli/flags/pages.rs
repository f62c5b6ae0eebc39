//! Options about what answers in place of what is not there, and what is hidden.

use crate::cli::flag::{Act, Flag, put};
use crate::cli::values::{page, text};

pub(super) const PAGES: &[Flag] = &[
    Flag {
        long: "--spa",
        short: "",
        values: &["[=FILE]"],
        default: "",
        help: "answer paths that name nothing with a page of an application, /index.html or this",
        more: "So that an application in the browser can show what a path means to it. GET and \
               HEAD of a path whose last name has no extension is answered, for those who accept \
               text/html (Vary: Accept); others get 404. FILE is a path in the directory.",
        act: Act::Set(|config, values| {
            let path = values
                .first()
                .map_or(Ok("/index.html"), |value| text(value))?;
            put(&mut config.spa, page(path).map(Some))
        }),
    },
    Flag {
        long: "--not-found",
        short: "",
        values: &["FILE"],
        default: "",
        help: "answer 404 with the content of this file of the directory",
        more: "It is sent whole and without validators, for no condition and no range is of an \
               error. Fields of its own come by --header-for and its path.",
        act: Act::Set(|config, values| {
            put(
                &mut config.not_found,
                text(&values[0]).and_then(page).map(Some),
            )
        }),
    },
    Flag {
        long: "--clean-urls",
        short: "",
        values: &[],
        default: "",
        help: "find about.html for /about, where nothing is called about",
        more: "A directory of that name goes first, and /about/ is one. Nothing is redirected: \
               /about.html is found as before.",
        act: Act::Set(|config, _| put(&mut config.clean_urls, Ok(true))),
    },
    Flag {
        long: "--hide-dotfiles",
        short: "",
        values: &[],
        default: "",
        help: "answer 404 to names that begin with a dot, and do not list them",
        more: "With all that is beneath them, at any depth, but for /.well-known/ at the root. By \
               default they are served and listed, as by Python.",
        act: Act::Set(|config, _| put(&mut config.hide_dotfiles, Ok(true))),
    },
];
