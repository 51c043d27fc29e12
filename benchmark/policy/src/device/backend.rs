//! The backends of burn that tensors can live on.

use std::sync::OnceLock;

use burn::Tensor;
use burn::backend::DispatchDevice;
use burn::tensor::Device;
#[cfg(feature = "wgpu")]
use burn::tensor::DeviceKind;
use serde::{Deserialize, Serialize};

use super::adapter::Adapter;

/// The adapter that this process computes on.
pub(super) static ENTERED: OnceLock<Adapter> = OnceLock::new();

/// A backend, as recorded in results: it can change their last bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// burn-flex on the CPU.
    Flex,
    /// burn-ndarray on the CPU.
    Ndarray,
    /// burn-wgpu on a graphics adapter.
    Wgpu,
}

impl Backend {
    /// The device itself, without autodiff; for wgpu the adapter that was entered, or burn's default.
    #[must_use]
    pub fn device(self) -> Device {
        match self {
            Self::Flex => Device::flex(),
            // Deprecated upstream, but asked for by users who compare backends.
            #[cfg(feature = "ndarray")]
            #[expect(
                deprecated,
                reason = "the backend is still selectable in this release of burn"
            )]
            Self::Ndarray => Device::ndarray(),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => {
                let entered = ENTERED.get().map(Adapter::device_kind);
                Device::wgpu(entered.unwrap_or(DeviceKind::DefaultDevice))
            }
            #[cfg(not(all(feature = "ndarray", feature = "wgpu")))]
            _ => unreachable!("a build without {} never resolves to it", self.name()),
        }
    }

    /// The backend of a device.
    #[must_use]
    pub fn of(device: &Device) -> Self {
        match device.clone().without_autodiff().as_dispatch() {
            DispatchDevice::Flex(_) => Self::Flex,
            #[cfg(feature = "ndarray")]
            DispatchDevice::NdArray(_) => Self::Ndarray,
            _ => Self::Wgpu,
        }
    }

    /// The adapter that this process computes on, for the record; None on the CPU.
    #[must_use]
    pub fn adapter(self) -> Option<String> {
        if self.is_cpu() { None } else { ENTERED.get().map(Adapter::to_string) }
    }

    /// Whether this program was built with it.
    #[must_use]
    pub fn is_built(self) -> bool {
        match self {
            Self::Flex => true,
            Self::Ndarray => cfg!(feature = "ndarray"),
            Self::Wgpu => cfg!(feature = "wgpu"),
        }
    }

    /// Whether it runs on the CPU, hence once per core.
    #[must_use]
    pub fn is_cpu(self) -> bool {
        self != Self::Wgpu
    }

    /// The name in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::Ndarray => "ndarray",
            Self::Wgpu => "wgpu",
        }
    }
}

/// A tiny product, to see whether a device computes at all: `[[1, 2], [3, 4]]` times `[5, 6]`.
///
/// # Panics
/// Where burn does, as when a driver refuses.
#[must_use]
pub fn trial_product(device: &Device) -> Vec<f32> {
    let a = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], device);
    let b = Tensor::<2>::from_floats([[5.0], [6.0]], device);
    a.matmul(b).try_into_vec_as().expect("a product of floats can be read as floats")
}
