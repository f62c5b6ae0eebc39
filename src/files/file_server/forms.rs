//! Which form of what was asked for is sent: one that lies ready in a content coding
//! (`--precompressed`, RFC 9110 section 12.5.3), or one in Markdown (`--markdown`).

use std::fs::File;

use super::FileServer;
use super::negotiation::{Suited, Within};
use super::open_file::{OpenFile, facts_of};
use crate::files::answers::{in_codings_alone, not_acceptable, page_path, varied_by};
use crate::files::representation::FormOf;
use crate::handler::{Request, Response};
use crate::http::accept::Ranked;
use crate::http::coding::{CODINGS, Chosen, Coding, Forms, Ranks};
use crate::http::grammar::same_word;
use crate::sys::file::Stat;
use crate::tree::{Opened, Refused};

/// The page of a directory for those who read Markdown.
pub(super) const MARKDOWN_PAGE: &str = "index.md";

/// What lies beside a file.
#[derive(Default)]
struct Siblings {
    /// Forms that may be sent, by their coding.
    coded: [Option<(File, Stat)>; CODINGS],
    /// Whether there are any, be they sent or not.
    is_any: bool,
    /// Why one could not be looked at.
    refused: Option<Refused>,
}

impl FileServer {
    /// What an answer to a request varies with, whatever there is at present: forms come and go,
    /// and a cache must know of them before.
    pub(super) fn vary(&self, req: &Request<'_>) -> Option<&'static str> {
        if self.root.is_single_file() {
            return None;
        }
        let (path, is_directory) = (req.url_path().relative(), req.url_path().is_directory());
        let encoding =
            self.negotiation.precompressed && (is_directory || !self.mime.is_coded(path));
        let markdown = self.negotiation.markdown && (is_directory || markdown_path(path).is_some());
        match (markdown, encoding) {
            (true, true) => Some("Accept, Accept-Encoding"),
            (true, false) => Some("Accept"),
            (false, true) => Some("Accept-Encoding"),
            (false, false) => None,
        }
    }

    /// Says what an answer that is no file varies with: one that no form suits, or none is there.
    pub(super) fn varied(&self, req: &Request<'_>, response: Response) -> Response {
        varied_by(self.vary(req), response)
    }

    /// Finds what a path names, in the form that suits the peer.
    pub(super) fn find_suited(
        &self,
        req: &Request<'_>,
        within: Within<'_>,
        path: &[u8],
        is_directory: bool,
    ) -> Result<Suited, Refused> {
        let opened = within.find(path, is_directory);
        if let Ok(Opened::Directory(directory, _)) = opened {
            return Ok(Suited::Directory(directory));
        }
        if is_directory {
            // A file has no slash behind its name, nor has a form of it.
            return Err(opened.err().unwrap_or(Refused::NotFound));
        }
        if let Some(markdown) = markdown_path(path).filter(|_| self.wants_markdown(req)) {
            if let Some(file) = self.find_markdown(req, within, &markdown) {
                return Ok(Suited::File(file));
            }
        }
        self.encoded(req, within, path, opened)
    }

    /// Finds the page of a directory in Markdown, for those who want it.
    pub(super) fn find_markdown_page(
        &self,
        req: &Request<'_>,
        within: Within<'_>,
    ) -> Option<OpenFile> {
        let page = page_path(req.url_path().relative(), MARKDOWN_PAGE);
        self.wants_markdown(req)
            .then(|| self.find_markdown(req, within, &page))?
    }

    pub(super) fn wants_markdown(&self, req: &Request<'_>) -> bool {
        self.negotiation.markdown && Ranked::of(req.headers(), "text/markdown").is_preferred()
    }

    fn find_markdown(
        &self,
        req: &Request<'_>,
        within: Within<'_>,
        path: &[u8],
    ) -> Option<OpenFile> {
        match self.find_encoded(req, within, path) {
            Ok(Suited::File(mut file)) => {
                file.form.is_markdown = true;
                Some(file)
            }
            _ => None,
        }
    }

    /// Finds the file that has a path, in the coding that suits the peer.
    pub(super) fn find_encoded(
        &self,
        req: &Request<'_>,
        within: Within<'_>,
        path: &[u8],
    ) -> Result<Suited, Refused> {
        self.encoded(req, within, path, within.find(path, false))
    }

    /// Whether a file of this path may lie ready in codings.
    pub(super) fn has_codings(&self, path: &[u8]) -> bool {
        self.negotiation.precompressed && !path.is_empty() && !self.mime.is_coded(path)
    }

    /// How the peer ranks codings, where they count.
    pub(super) fn ranks(&self, req: &Request<'_>) -> Ranks {
        match self.negotiation.precompressed {
            true => Ranks::of(req.headers()),
            false => Ranks::default(),
        }
    }

    /// What was opened at a path, or the form beside it that suits the peer.
    fn encoded(
        &self,
        req: &Request<'_>,
        within: Within<'_>,
        path: &[u8],
        opened: Result<Opened, Refused>,
    ) -> Result<Suited, Refused> {
        let plain = match opened {
            Ok(Opened::Directory(directory, _)) => return Ok(Suited::Directory(directory)),
            Ok(Opened::File(file, stat)) => Some((file, stat)),
            Err(Refused::NotFound) => None,
            Err(refused) => return Err(refused),
        };
        let vary = self.vary(req);
        if !self.has_codings(path) {
            let (file, stat) = plain.ok_or(Refused::NotFound)?;
            let mut file = self.open_file(req, file, stat, path, None);
            file.form.vary = vary;
            return Ok(Suited::File(file));
        }
        let ranks = self.ranks(req);
        let mut siblings = self.siblings(req, within, path, plain.as_ref());
        let coded = &mut siblings.coded;
        let forms = Forms {
            identity: plain.as_ref().map(|(_, stat)| stat.len),
            coded: [0, 1, 2].map(|at| coded[at].as_ref().map(|(_, stat)| stat.len)),
        };
        let (chosen, coding) = match forms.choose(ranks) {
            Chosen::Identity => (None, None),
            Chosen::Coded(coding) => (coded[coding as usize].take(), Some(coding)),
            Chosen::NotAcceptable => return Ok(Suited::Unsuited(not_acceptable())),
            Chosen::Missing if forms != Forms::default() => {
                return Ok(Suited::Unsuited(in_codings_alone()));
            }
            // It may be there, and could not be looked at.
            Chosen::Missing => return Err(siblings.refused.unwrap_or(Refused::NotFound)),
        };
        let content_type = plain.map(|(file, stat)| self.open_file(req, file, stat, path, None));
        let mut file = match (chosen, content_type) {
            (None, plain) => plain.ok_or(Refused::NotFound)?,
            (Some((file, stat)), plain) => {
                let mut file = self.open_file(req, file, stat, path, coding);
                if let Some(plain) = plain {
                    file.content_type = plain.content_type;
                }
                file
            }
        };
        file.form = FormOf {
            is_markdown: false,
            coding,
            is_one_of_several: siblings.is_any,
            looks: forms.looks(ranks, coding),
            vary,
        };
        Ok(Suited::File(file))
    }

    /// The forms beside a file.
    fn siblings(
        &self,
        req: &Request<'_>,
        within: Within<'_>,
        path: &[u8],
        plain: Option<&(File, Stat)>,
    ) -> Siblings {
        let mut siblings = Siblings::default();
        for coding in Coding::ALL {
            let beside = coded(path, coding);
            let (file, stat) = match within.find(&beside, false) {
                Ok(Opened::File(file, stat)) => (file, stat),
                Ok(Opened::Directory(..)) => continue,
                Err(why) => {
                    if why.is_busy() || matches!(why, Refused::Failed(_)) {
                        siblings.refused = Some(why);
                    }
                    continue;
                }
            };
            siblings.is_any = true;
            let facts = facts_of(&stat);
            if stat.len == 0 || facts.is_young(req.received()) {
                continue;
            }
            if plain.is_some_and(|(_, plain)| facts.is_older_than(&facts_of(plain))) {
                self.negotiation.stale.note(&beside, &stat);
                continue;
            }
            siblings.coded[coding as usize] = Some((file, stat));
        }
        siblings
    }
}

/// Where a file lies in a coding.
pub(super) fn coded(path: &[u8], coding: Coding) -> Vec<u8> {
    [path, coding.extension().as_bytes()].concat()
}

/// Where a page lies in Markdown: that of `page.html` and of `page` in `page.md`.
pub(super) fn markdown_path(path: &[u8]) -> Option<Vec<u8>> {
    let start = path
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |at| at + 1);
    let name = &path[start..];
    let stem = match name.iter().rposition(|&byte| byte == b'.') {
        None => path,
        Some(0) => return None,
        Some(_) if ends_with(name, ".html") => &path[..path.len() - ".html".len()],
        Some(_) => return None,
    };
    (!name.is_empty()).then(|| [stem, b".md"].concat())
}

fn ends_with(path: &[u8], end: &str) -> bool {
    let start = path.len().checked_sub(end.len());
    start.is_some_and(|start| same_word(&path[start..], end))
}
