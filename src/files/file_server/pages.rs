//! Which pages answer in place of others, and which names are hidden.

use std::io;

use crate::handler::invalid;
use crate::http::target::UrlPath;
use crate::tree::is_hidden;

/// The pages that answer in place of others.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// The file of an application, below the root.
    pub spa: Option<String>,
    /// That of a 404.
    pub not_found: Option<String>,
    pub clean_urls: bool,
    pub hide_dotfiles: bool,
}

impl Pages {
    /// Whether a path must look as if nothing were there.
    pub fn hides(&self, relative: &[u8]) -> bool {
        self.hide_dotfiles && is_hidden(relative)
    }

    /// Which names are hidden in a directory.
    pub fn hidden_in(&self, directory: &UrlPath) -> fn(&[u8]) -> bool {
        match (self.hide_dotfiles, directory.relative()) {
            (false, _) => |_| false,
            (true, b"") => is_hidden,
            (true, _) => |name| name.starts_with(b"."),
        }
    }

    /// Makes paths below the root of what was given.
    ///
    /// # Errors
    /// `InvalidInput` for what cannot be one, or is hidden.
    pub fn check(&mut self) -> io::Result<()> {
        for path in [&mut self.spa, &mut self.not_found].into_iter().flatten() {
            let relative = path.strip_prefix('/').unwrap_or(path);
            let is_name = |name: &str| !matches!(name, "" | "." | "..") && !name.contains('\0');
            let what = match () {
                () if !relative.split('/').all(is_name) => "not a path of a file",
                () if self.hide_dotfiles && is_hidden(relative.as_bytes()) => "a hidden file",
                () => {
                    *path = relative.to_owned();
                    continue;
                }
            };
            return Err(invalid(format!("{what}: {path:?}")));
        }
        Ok(())
    }
}
