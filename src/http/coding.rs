//! Content codings that files lie ready in, and which of them suits a peer (RFC 9110 sections
//! 8.4.1 and 12.5.3).

use super::accept::{Weight, weighted};
use super::grammar::same_word;
use super::headers::Headers;

/// A content coding: for [`Asset::encoded`](crate::Asset::encoded).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Coding {
    /// Brotli (RFC 7932).
    Brotli,
    /// Zstandard (RFC 8878).
    Zstd,
    /// Gzip (RFC 1952).
    Gzip,
}

/// How many codings there are, a count.
pub const CODINGS: usize = 3;

impl Coding {
    /// All of them.
    pub(crate) const ALL: [Coding; CODINGS] = [Coding::Brotli, Coding::Zstd, Coding::Gzip];

    /// Its name in Content-Encoding.
    pub fn name(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
            Coding::Gzip => "gzip",
        }
    }

    /// What is behind the name of a file that lies ready in it.
    pub fn extension(self) -> &'static str {
        match self {
            Coding::Brotli => ".br",
            Coding::Zstd => ".zst",
            Coding::Gzip => ".gz",
        }
    }

    /// The coding of an element of Accept-Encoding; old names count as well.
    fn named(name: &[u8]) -> Option<Coding> {
        let is = |other: &str| same_word(name, other);
        let named = Coding::ALL.into_iter().find(|coding| is(coding.name()));
        named.or_else(|| is("x-gzip").then_some(Coding::Gzip))
    }
}

/// How a peer ranks codings. It says no more than what of a file suits the peer best, so that two
/// fields of one meaning are the same here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ranks {
    /// Of each coding; the higher, the better; 0 is not acceptable.
    codings: [u8; CODINGS],
    /// That of the file without a coding.
    identity: u8,
    /// Whether there is a field, and something in it.
    is_asked: bool,
}

impl Ranks {
    /// Over all Accept-Encoding fields.
    pub fn of(headers: Headers<'_>) -> Ranks {
        Ranks::of_list(headers.list("Accept-Encoding"))
    }

    /// The same over the elements of the list. An element that breaks the grammar says nothing; of
    /// a coding that is named twice, the higher weight counts.
    pub fn of_list<'a>(elements: impl Iterator<Item = &'a [u8]>) -> Ranks {
        let mut codings: [Option<Weight>; CODINGS] = [None; CODINGS];
        let (mut identity, mut others, mut is_asked) = (None, None, false);
        for element in elements {
            is_asked = true;
            let (name, Some(weight)) = weighted(element) else {
                continue;
            };
            let slot = match Coding::named(name) {
                Some(coding) => &mut codings[coding as usize],
                None if same_word(name, b"identity") => &mut identity,
                None if name == b"*" => &mut others,
                None => continue,
            };
            *slot = Some(weight).max(*slot);
        }
        if !is_asked {
            return Ranks::default();
        }
        let codings = codings.map(|weight: Option<Weight>| weight.or(others).unwrap_or(0));
        let identity = identity.or(others);
        Ranks {
            codings: codings.map(|weight| rank(weight, &codings, identity)),
            // Not named: acceptable, and after all codings that are.
            identity: identity.map_or(1, |weight| rank(weight, &codings, identity)),
            is_asked,
        }
    }

    /// Whether the form in a coding may be chosen in place of this one, as long as both are there:
    /// it depends on their lengths, or on what else there is of it.
    pub fn may_prefer(&self, coding: Coding, chosen: Option<Coding>) -> bool {
        let of = |coding: Coding| self.codings[coding as usize];
        let rank = of(coding);
        rank > 0 && rank >= chosen.map_or(self.identity, of)
    }

    /// The same for two that are equal, and for no others.
    pub fn bytes(&self) -> [u8; CODINGS + 2] {
        let [brotli, zstd, gzip] = self.codings;
        [brotli, zstd, gzip, self.identity, self.is_asked.into()]
    }
}

/// How many different weights are not above this one; those of 0 have no rank. The first place is
/// that of the file without a coding, if it is not named.
fn rank(weight: Weight, codings: &[Weight; CODINGS], identity: Option<Weight>) -> u8 {
    if weight == 0 {
        return 0;
    }
    let weights = [codings[0], codings[1], codings[2], identity.unwrap_or(0)];
    let below = weights.iter().enumerate().filter(|&(at, &other)| {
        let is_first = !weights[..at].contains(&other);
        other > 0 && other <= weight && is_first
    });
    below.count() as u8 + u8::from(identity.is_none())
}

/// What there is of a file: the lengths of its forms, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Forms {
    /// Without a coding.
    pub identity: Option<u64>,
    /// In each coding, where that may be used.
    pub coded: [Option<u64>; CODINGS],
}

/// Which form of a file answers a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chosen {
    /// That without a coding.
    Identity,
    /// The one in this coding.
    Coded(Coding),
    /// None: the peer accepts none of those there are. 406.
    NotAcceptable,
    /// None: the peer knows no codings. 404.
    Missing,
}

impl Forms {
    /// What the choice of this form hangs on beside it, a count: the file without a coding, each
    /// form there is that may be chosen in its place, and one for all names that are missing.
    pub fn looks(&self, ranks: Ranks, chosen: Option<Coding>) -> usize {
        let (mut there, mut is_of_names) = (0, chosen.is_none());
        let mut count = |form: Option<u64>| match form {
            Some(_) => there += 1,
            None => is_of_names = true,
        };
        if chosen.is_some() {
            count(self.identity);
        }
        for coding in Coding::ALL {
            if chosen != Some(coding) && ranks.may_prefer(coding, chosen) {
                count(self.coded[coding as usize]);
            }
        }
        there + usize::from(is_of_names)
    }

    /// Chooses: the best by the peer's ranks; of equals the shortest, and of those the one that
    /// costs the peer the least.
    pub fn choose(&self, ranks: Ranks) -> Chosen {
        if !ranks.is_asked {
            return match self.identity {
                Some(_) => Chosen::Identity,
                None => Chosen::Missing,
            };
        }
        let identity = (Chosen::Identity, ranks.identity, self.identity);
        let coded = Coding::ALL.map(|coding| {
            let at = coding as usize;
            (Chosen::Coded(coding), ranks.codings[at], self.coded[at])
        });
        let mut best: Option<(Chosen, u8, u64)> = None;
        for (form, rank, len) in [identity, coded[0], coded[1], coded[2]] {
            let Some(len) = len.filter(|_| rank > 0) else {
                continue;
            };
            let is_better = |&(_, other, shortest): &(Chosen, u8, u64)| {
                rank > other || (rank == other && len < shortest)
            };
            if best.as_ref().is_none_or(is_better) {
                best = Some((form, rank, len));
            }
        }
        match best {
            Some((form, ..)) => form,
            None if *self == Forms::default() => Chosen::Missing,
            None => Chosen::NotAcceptable,
        }
    }
}

#[cfg(test)]
mod tests;
