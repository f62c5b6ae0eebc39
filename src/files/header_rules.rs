//! Header fields for some files: which of them a file has, by its path.

use std::io;
use std::sync::Arc;

use super::glob::Glob;
use crate::handler::{CommonHeaders, Fixed};
use crate::http::fields::adds_up;
use crate::http::grammar::same_word;
use crate::http::response::Field;

/// Header fields by the paths of the files that are sent. Where several match, the last one of a
/// name counts, unless fields of that name add up.
#[derive(Clone, Debug, Default)]
pub struct HeaderRules {
    rules: Vec<(Glob, Field)>,
}

impl HeaderRules {
    /// Adds a field for the files whose whole path, from `/`, matches a pattern.
    ///
    /// # Errors
    /// Those of [`Glob::new`] and [`CommonHeaders::header`].
    pub fn add(&mut self, glob: &str, name: String, value: String) -> io::Result<()> {
        let _checked = CommonHeaders::default().header(&*name, &*value)?;
        let field = (name.into(), value.into_bytes().into());
        self.rules.push((Glob::new(glob)?, field));
        Ok(())
    }

    /// Those of a builder, in their order, beside the fields that all of its files have.
    ///
    /// # Errors
    /// Those of [`HeaderRules::add`] and [`CommonHeaders::header`].
    pub fn build(
        headers: Vec<(String, String)>,
        headers_for: Vec<[String; 3]>,
    ) -> io::Result<(CommonHeaders, HeaderRules)> {
        let mut common = CommonHeaders::default();
        for (name, value) in headers {
            common = common.header(name, value)?;
        }
        let mut rules = HeaderRules::default();
        for [glob, name, value] in headers_for {
            rules.add(&glob, name, value)?;
        }
        Ok((common, rules))
    }

    /// The fields for a file.
    pub fn of(&self, path: &[u8]) -> Option<Fixed> {
        if self.rules.is_empty() {
            return None;
        }
        let mut fields: Vec<Field> = Vec::new();
        for (glob, field) in &self.rules {
            if glob.matches(path) {
                if !adds_up(&field.0) {
                    fields.retain(|(name, _)| !same_word(&**name, &*field.0));
                }
                fields.push(field.clone());
            }
        }
        (!fields.is_empty()).then(|| Arc::new(fields))
    }

    /// The most that they add to a response, in bytes.
    pub fn bytes(&self) -> usize {
        const EXTRA: usize = size_of::<Field>() + ": \r\n".len();
        let fields = self.rules.iter().map(|(_, field)| field);
        fields
            .map(|(name, value)| name.len() + value.len() + EXTRA)
            .sum()
    }
}

#[cfg(test)]
mod tests;
