//! What the choice among forms of a file hangs on, so that it can be remembered: which looks tell
//! that the same form would be chosen again.
//!
//! The form that was chosen is looked at, the file in clear, and each form that the peer likes no
//! less. Names that nothing has, of forms and of pages that would come first, share a look: at
//! their directory, whose times tell of each name that comes or goes.
//!
//! All of it has rested since before the request came. So the choice was made of what the looks
//! find, and is the same for as long as they find that.

use std::time::SystemTime;

use super::absent;
use super::forms::{MARKDOWN_PAGE, coded, markdown_path};
use super::memo::Beside;
use super::open_file::facts_of;
use super::{FileServer, OpenFile};
use crate::files::answers::page_path;
use crate::handler::Request;
use crate::http::coding::{Chosen, Coding, Forms};
use crate::http::etag::{Etags, FileFacts};
use crate::sys::file::{Kind, Stat};
use crate::tree::Way;

/// Most looks that a form takes beside that at itself, a count. Past it: it is not remembered. Two
/// are enough but where a peer likes three codings alike, and two of them are there: then each of
/// the two, the file in clear and the directory may change the choice, and to open them costs more.
pub(super) const LOOKS_MORE_MAX: usize = 3;

/// What is found beside a form that was chosen.
struct Looks<'a> {
    way: &'a Way,
    received: SystemTime,
    etags: Etags,
    found: Vec<Beside>,
    /// Whether it counts which names there are.
    is_of_names: bool,
}

impl FileServer {
    /// The way to the form that was chosen, and what else the choice hangs on. `None` where the
    /// looks would be too many, or would not tell.
    pub(super) fn ways_to_form(
        &self,
        req: &Request<'_>,
        page: Option<usize>,
        file: &OpenFile,
    ) -> Option<(Way, Vec<Beside>)> {
        let is_directory = req.url_path().is_directory();
        let names = self.names(req);
        let number = match (file.form.is_markdown, is_directory) {
            (true, _) => 0,
            (false, true) => page? + usize::from(self.wants_markdown(req)),
            (false, false) => names.len() - 1,
        };
        let name = names.get(number)?;
        let way = match file.form.coding {
            Some(coding) => self.way(&coded(name, coding))?,
            None => self.way(name)?,
        };
        let directory = way.beside(b"")?;
        let was = directory.look()?;
        if !absent::is_at_rest(&was, req.received()) || !directory.is_faithful() {
            return None;
        }
        let mut looks = Looks {
            way: &way,
            received: req.received(),
            etags: self.etags,
            found: Vec::new(),
            is_of_names: false,
        };
        for form in names[..number].iter().flat_map(|name| self.forms_of(name)) {
            if !looks.is_vacant(&form)? {
                return None;
            }
        }
        if !is_directory && file.form.is_markdown {
            // A directory would come first.
            looks.at(names.last()?)?;
        }
        if self.has_codings(name) {
            self.look_at_forms(req, name, file, &mut looks)?;
        }
        let Looks {
            mut found,
            is_of_names,
            ..
        } = looks;
        if is_of_names {
            found.push(Beside {
                way: directory,
                was: Some(was),
            });
        }
        (found.len() <= LOOKS_MORE_MAX).then_some((way, found))
    }

    /// Looks at whatever might be chosen in place of a form. `None` if it would be: one that could
    /// not be opened, or is so young that it is not sent yet.
    fn look_at_forms(
        &self,
        req: &Request<'_>,
        name: &[u8],
        file: &OpenFile,
        looks: &mut Looks<'_>,
    ) -> Option<()> {
        let (ranks, chosen) = (self.ranks(req), file.form.coding);
        let plain: Option<FileFacts> = match chosen {
            None => Some(file.facts()),
            Some(_) => looks.at(name)?.as_ref().map(facts_of),
        };
        let mut forms = Forms {
            identity: plain.map(|facts| facts.len),
            ..Forms::default()
        };
        let mut is_any = chosen.is_some();
        for coding in Coding::ALL {
            let form = coded(name, coding);
            if chosen == Some(coding) {
                forms.coded[coding as usize] = Some(file.len);
            } else if ranks.may_prefer(coding, chosen) {
                let Some(stat) = looks.at(&form)? else {
                    continue;
                };
                is_any = true;
                let facts = facts_of(&stat);
                let is_stale = plain.is_some_and(|plain| facts.is_older_than(&plain));
                forms.coded[coding as usize] = Some(stat.len).filter(|&len| len > 0 && !is_stale);
            } else if chosen.is_none() {
                // A date of the file is no condition where there are others.
                is_any |= !looks.is_vacant(&form)?;
            }
        }
        looks.is_of_names |= chosen.is_none();
        let is_same = forms.choose(ranks) == chosen.map_or(Chosen::Identity, Chosen::Coded);
        (is_same && is_any == file.form.is_one_of_several).then_some(())
    }

    /// Where forms of what is missing would be found, in the directory where that would be. `None`
    /// where they may be elsewhere.
    pub(super) fn forms_missing(&self, req: &Request<'_>) -> Option<Vec<Vec<u8>>> {
        if self.vary(req).is_none() {
            return Some(Vec::new());
        }
        let path = req.url_path().relative();
        let markdown = markdown_path(path).filter(|_| self.negotiation.markdown);
        let names = markdown.into_iter().chain([path.to_vec()]);
        let forms = names.flat_map(|name| self.forms_of(&name)).collect();
        (!self.pages.clean_urls).then_some(forms)
    }

    /// What may answer a request, the best first.
    fn names(&self, req: &Request<'_>) -> Vec<Vec<u8>> {
        let path = req.url_path().relative();
        let wants_markdown = self.wants_markdown(req);
        let mut names = Vec::new();
        if req.url_path().is_directory() {
            let markdown = wants_markdown.then_some(MARKDOWN_PAGE);
            let pages = self.index_pages.iter().map(String::as_str);
            let pages = markdown.into_iter().chain(pages);
            names.extend(pages.map(|page| page_path(path, page)));
        } else {
            names.extend(markdown_path(path).filter(|_| wants_markdown));
            names.push(path.to_vec());
        }
        names
    }

    /// A path and those of all its codings.
    fn forms_of(&self, name: &[u8]) -> Vec<Vec<u8>> {
        let mut forms = vec![name.to_vec()];
        if self.has_codings(name) {
            forms.extend(Coding::ALL.map(|coding| coded(name, coding)));
        }
        forms
    }
}

impl Looks<'_> {
    fn way(&self, path: &[u8]) -> Option<Way> {
        let name = path.rsplit(|&byte| byte == b'/').next()?;
        self.way.beside(name)
    }

    /// Whether nothing has a path.
    fn is_vacant(&mut self, path: &[u8]) -> Option<bool> {
        self.is_of_names = true;
        Some(self.way(path)?.is_vacant())
    }

    /// Looks at what has a path: nothing, or a file whose next change will show.
    fn at(&mut self, path: &[u8]) -> Option<Option<Stat>> {
        let way = self.way(path)?;
        if way.is_vacant() {
            self.is_of_names = true;
            return Some(None);
        }
        let stat = way.look().filter(|stat| stat.kind == Kind::Regular)?;
        if !facts_of(&stat).is_at_rest(self.etags, self.received) || !way.is_faithful() {
            return None;
        }
        self.found.push(Beside {
            way,
            was: Some(stat),
        });
        Some(Some(stat))
    }
}
