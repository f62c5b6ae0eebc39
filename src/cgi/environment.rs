//! The whole environment of a script: each name once, by construction.
//!
//! Were a name in it twice, C, Python, Perl and Go would disagree about which one counts. The first
//! who gives a value to a name has it, so the program's own come first, and the request's last.

use super::env::Variable;

/// Names and values, each name once.
#[derive(Clone, Default, Debug)]
pub struct Environment {
    list: Vec<Variable>,
    /// Names that stay without a value, whoever gives one.
    withheld: Vec<Vec<u8>>,
}

impl Environment {
    /// Gives a variable this value, unless it has one already, or must not have any.
    pub fn give(&mut self, name: Vec<u8>, value: Vec<u8>) {
        if self.get(&name).is_none() && !self.withheld.contains(&name) {
            self.list.push((name, value));
        }
    }

    /// Keeps a variable that has no value yet from ever getting one.
    pub fn withhold(&mut self, name: Vec<u8>) {
        if !self.withheld.contains(&name) {
            self.withheld.push(name);
        }
    }

    /// The value of a variable.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        let mut list = self.list.iter();
        list.find(|(other, _)| other == name)
            .map(|(_, value)| &value[..])
    }

    /// All variables; no name comes twice.
    pub fn into_list(self) -> Vec<Variable> {
        self.list
    }

    /// How many names there are, and how many bytes they and their values have.
    pub fn size(&self) -> (usize, usize) {
        let bytes: usize = self
            .list
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        let withheld: usize = self.withheld.iter().map(Vec::len).sum();
        (
            self.list.len() + self.withheld.len(),
            bytes.saturating_add(withheld),
        )
    }
}

impl Extend<Variable> for Environment {
    fn extend<T: IntoIterator<Item = Variable>>(&mut self, variables: T) {
        for (name, value) in variables {
            self.give(name, value);
        }
    }
}

#[cfg(test)]
mod tests;
