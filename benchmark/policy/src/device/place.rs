//! Where a sweep computes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::adapter::Adapter;
use super::backend::{Backend, ENTERED};

/// Where a sweep computes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The backend.
    pub backend: Backend,
    /// For wgpu: the adapter, and its number in the list.
    pub adapter: Option<(usize, Adapter)>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.backend.name())?;
        match &self.adapter {
            Some((number, adapter)) => write!(formatter, ":{number} {adapter}"),
            None => Ok(()),
        }
    }
}

/// Burn opened another adapter than the one that was chosen.
#[derive(Debug, thiserror::Error)]
#[error("burn opened {opened} instead of {adapter}; see `prefsweep devices`")]
pub struct OtherAdapter {
    /// The one that was chosen.
    pub adapter: String,
    /// What burn opened.
    pub opened: String,
}

impl Place {
    /// Makes this the place where this process computes: [`Backend::device`] is its adapter from now
    /// on. The adapter is opened, and compared with the one that was chosen.
    ///
    /// # Errors
    /// When burn opens another adapter.
    ///
    /// # Panics
    /// When burn cannot open it, and when another place was entered before.
    pub fn enter(&self) -> Result<(), OtherAdapter> {
        let Some((_, adapter)) = &self.adapter else { return Ok(()) };
        let entered = ENTERED.get_or_init(|| adapter.clone());
        assert_eq!(entered, adapter, "a process computes on one adapter");
        #[cfg(feature = "wgpu")]
        if let Some(opened) = self.backend.device().identity() {
            let bus = opened.physical.and_then(|card| card.pci_address);
            let bus = bus.map(|address| address.to_string());
            // Where only one side knows the bus, the name has to do.
            let same_bus = match (&bus, &adapter.bus) {
                (Some(opened), Some(chosen)) => opened.eq_ignore_ascii_case(chosen),
                _ => true,
            };
            if opened.name != adapter.name || !same_bus {
                let bus = bus.map(|bus| format!(" on {bus}")).unwrap_or_default();
                let opened = format!("{}{bus}", opened.name);
                return Err(OtherAdapter { adapter: adapter.to_string(), opened });
            }
        }
        Ok(())
    }
}
