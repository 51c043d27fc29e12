//! Ranges that settings of every kind are checked against.

use std::fmt::Display;

use crate::setting::InvalidSetting;

impl InvalidSetting {
    /// A setting whose value is not allowed.
    #[must_use]
    pub fn new(key: &str, found: impl Display, allowed: impl Display) -> Self {
        Self { key: key.into(), found: found.to_string(), allowed: allowed.to_string() }
    }

    /// The same setting, seen from a section above it.
    #[must_use]
    pub fn within(self, section: &str) -> Self {
        Self { key: format!("{section}.{}", self.key), ..self }
    }

    /// At least `least`.
    ///
    /// # Errors
    /// When it is less.
    pub fn at_least(key: &str, found: usize, least: usize) -> Result<(), Self> {
        if found >= least {
            return Ok(());
        }
        Err(Self::new(key, found, format!("at least {least}")))
    }

    /// At most `most`.
    ///
    /// # Errors
    /// When it is more.
    pub fn at_most(key: &str, found: usize, most: usize) -> Result<(), Self> {
        if found <= most { Ok(()) } else { Err(Self::new(key, found, format!("at most {most}"))) }
    }

    /// A finite number.
    ///
    /// # Errors
    /// When it is infinite or not a number.
    pub fn finite(key: &str, found: f64) -> Result<(), Self> {
        if found.is_finite() { Ok(()) } else { Err(Self::new(key, found, "a finite number")) }
    }

    /// A finite number above 0, in the 32 bits that are trained with, too.
    ///
    /// # Errors
    /// When it is not.
    pub fn positive(key: &str, found: f64) -> Result<(), Self> {
        if !found.is_finite() || found <= 0.0 {
            return Err(Self::new(key, found, "a finite number above 0"));
        }
        if (found as f32).is_normal() {
            return Ok(());
        }
        let (least, most) = (f32::MIN_POSITIVE, f32::MAX);
        let allowed = format_args!("a number from {least:e} to {most:e}");
        Err(Self::new(key, format_args!("{found:e}"), allowed))
    }

    /// A finite number, 0 or above.
    ///
    /// # Errors
    /// When it is not.
    pub fn not_negative(key: &str, found: f64) -> Result<(), Self> {
        if found.is_finite() && found >= 0.0 {
            return Ok(());
        }
        Err(Self::new(key, found, "a finite number, 0 or above"))
    }

    /// 0 or above and below 1.
    ///
    /// # Errors
    /// When it is not.
    pub fn share(key: &str, found: f64) -> Result<(), Self> {
        if (0.0..1.0).contains(&found) {
            return Ok(());
        }
        Err(Self::new(key, found, "0 or above and below 1"))
    }

    /// A list with at least one value.
    ///
    /// # Errors
    /// When it has none.
    pub fn not_empty<T>(key: &str, list: &[T]) -> Result<(), Self> {
        if list.is_empty() {
            return Err(Self::new(key, "an empty list", "at least one value"));
        }
        Ok(())
    }

    /// A list that holds no value twice.
    ///
    /// # Errors
    /// The first value that comes again.
    pub fn distinct<T: PartialEq + Display>(key: &str, list: &[T]) -> Result<(), Self> {
        for (index, value) in list.iter().enumerate() {
            if list[..index].contains(value) {
                return Err(Self::new(key, format!("{value} twice"), "each value once"));
            }
        }
        Ok(())
    }
}
