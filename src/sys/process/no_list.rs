//! For systems that have no such list that can be asked without more.

use super::members::Member;

/// A list that this system has not, or not without more.
pub struct Processes(std::convert::Infallible);

impl Processes {
    /// There is none.
    pub fn list(_: u32) -> Option<Processes> {
        None
    }

    /// Never asked.
    pub fn slice(&mut self) -> Option<Vec<Member>> {
        match self.0 {}
    }

    /// Never asked.
    pub fn is_alive(&self, _: &Member) -> bool {
        match self.0 {}
    }
}
