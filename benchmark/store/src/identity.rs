//! What names a run: its settings as canonical text, and the hash of that text.
//!
//! The text is written field by field, apart from how the settings are stored: renaming a field of a
//! struct, or giving it a new one with a default, changes no name. Numbers with a fraction are written
//! as their bits, so that no formatting or parsing can tell two names for one value.

use std::fmt::Write;

/// Hexadecimal digits of an id.
const DIGITS: usize = 16;

/// The canonical text of some settings, one `path=value` per line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    text: String,
    path: Vec<String>,
}

/// A value with one canonical text.
pub trait Canonical {
    /// The text, on one line; different for different values.
    fn canonical(&self) -> String;
}

/// Settings that take part in a name.
pub trait Identify {
    /// Writes everything that can change a number.
    fn identify(&self, identity: &mut Identity);
}

impl Identity {
    /// The identity of `what`, whose layout has this version.
    #[must_use]
    pub fn new(what: &str, version: u32) -> Self {
        let mut identity = Self::default();
        identity.field(what, &version);
        identity
    }

    /// A setting that has always been there.
    pub fn field(&mut self, name: &str, value: &(impl Canonical + ?Sized)) {
        for part in &self.path {
            self.text.push_str(part);
            self.text.push('.');
        }
        // A String never fails to be written to.
        let _ = writeln!(self.text, "{name}={}", value.canonical());
    }

    /// A setting that was added later: nothing is written where it has the value that was in force
    /// before it existed, so that older results keep their names.
    pub fn added<T: Canonical + PartialEq>(&mut self, name: &str, value: &T, before: &T) {
        if value != before {
            self.field(name, value);
        }
    }

    /// The version of the numerics of a loss, sampler, policy or metric; the first one is not
    /// written.
    pub fn version(&mut self, of: &str, version: u32) {
        self.added(&format!("{of}.version"), &version, &1);
    }

    /// Settings of a part of its own.
    pub fn part(&mut self, name: &str, part: &(impl Identify + ?Sized)) {
        self.path.push(name.to_owned());
        part.identify(self);
        self.path.pop();
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The id: the start of the text's BLAKE3 hash.
    #[must_use]
    pub fn id(&self) -> String {
        id_of(&self.text)
    }
}

/// The id of a canonical text.
#[must_use]
pub fn id_of(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..DIGITS].to_owned()
}

impl Canonical for f64 {
    fn canonical(&self) -> String {
        // Both zeros are the same setting.
        format!("{:016x}", (*self + 0.0).to_bits())
    }
}

impl Canonical for str {
    fn canonical(&self) -> String {
        format!("{self:?}")
    }
}

impl Canonical for String {
    fn canonical(&self) -> String {
        self.as_str().canonical()
    }
}

impl Canonical for bool {
    fn canonical(&self) -> String {
        self.to_string()
    }
}

macro_rules! whole {
    ($($number:ty),+) => {
        $(impl Canonical for $number {
            fn canonical(&self) -> String {
                self.to_string()
            }
        })+
    };
}

whole!(u32, u64, usize);

impl<T: Canonical> Canonical for Option<T> {
    fn canonical(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_owned(), Canonical::canonical)
    }
}

impl<T: Canonical> Canonical for Vec<T> {
    fn canonical(&self) -> String {
        let values: Vec<String> = self.iter().map(Canonical::canonical).collect();
        format!("[{}]", values.join(","))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Inner(f64);

    impl Identify for Inner {
        fn identify(&self, identity: &mut Identity) {
            identity.field("beta", &self.0);
            identity.version("loss", 1);
        }
    }

    #[test]
    fn the_text_is_one_line_per_field() {
        let mut identity = Identity::new("cell", 3);
        identity.part("preference", &Inner(1.0));
        identity.field("name", "a\nb");
        identity.added("extra", &5_u64, &5);
        assert_eq!(identity.text(), "cell=3\npreference.beta=3ff0000000000000\nname=\"a\\nb\"\n");
        assert_eq!(identity.id().len(), DIGITS);
        let before = identity.id();
        identity.version("metric", 2);
        assert_ne!(identity.id(), before);
    }

    proptest! {
        #[test]
        fn numbers_keep_every_bit(a in any::<f64>(), b in any::<f64>()) {
            prop_assert_eq!(a.canonical() == b.canonical(), (a + 0.0).to_bits() == (b + 0.0).to_bits());
        }
    }

    #[test]
    fn zeros_are_one_value() {
        assert_eq!((-0.0_f64).canonical(), 0.0_f64.canonical());
    }
}
