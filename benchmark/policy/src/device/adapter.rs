//! Graphics adapters, listed and numbered as burn does it.

use std::fmt;

#[cfg(feature = "wgpu")]
use burn::tensor::DeviceKind;
use serde::{Deserialize, Serialize};

/// What an adapter is, the preferred first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdapterKind {
    /// A card of its own.
    Discrete,
    /// Part of the processor.
    Integrated,
    /// A virtual machine's.
    Virtual,
    /// The driver does not say; burn has no name for it.
    Other,
    /// A renderer on the CPU.
    Software,
}

impl fmt::Display for AdapterKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Discrete => "discrete GPU",
            Self::Integrated => "integrated GPU",
            Self::Virtual => "virtual GPU",
            Self::Other => "GPU of unknown kind",
            Self::Software => "software",
        })
    }
}

/// A graphics adapter as its driver describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adapter {
    /// The adapter's name.
    pub name: String,
    /// What it is.
    pub kind: AdapterKind,
    /// Its number among the adapters of its kind, from 0: burn's name for it.
    pub slot: usize,
    /// The driver's name and version.
    pub driver: String,
    /// The graphics API.
    pub api: String,
    /// Its address on the PCI bus, where known: cards of one make have one name.
    pub bus: Option<String>,
}

impl fmt::Display for Adapter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, kind, driver, api, .. } = self;
        write!(formatter, "{name} ({kind}, {api}, driver {driver})")
    }
}

impl Adapter {
    /// Whether it is hardware, not a renderer on the CPU.
    #[must_use]
    pub fn is_gpu(&self) -> bool {
        self.kind != AdapterKind::Software
    }

    /// Whether burn can be told to use it: it has no name for adapters of unknown kind, nor for a
    /// second software adapter.
    #[must_use]
    pub fn has_name_in_burn(&self) -> bool {
        match self.kind {
            AdapterKind::Discrete | AdapterKind::Integrated | AdapterKind::Virtual => true,
            AdapterKind::Other => false,
            AdapterKind::Software => self.slot == 0,
        }
    }

    /// Burn's name for it; the default device where it has none.
    #[cfg(feature = "wgpu")]
    pub(super) fn device_kind(&self) -> DeviceKind {
        match self.kind {
            AdapterKind::Discrete => DeviceKind::DiscreteGpu(self.slot),
            AdapterKind::Integrated => DeviceKind::IntegratedGpu(self.slot),
            AdapterKind::Virtual => DeviceKind::VirtualGpu(self.slot),
            AdapterKind::Software => DeviceKind::Cpu,
            AdapterKind::Other => DeviceKind::DefaultDevice,
        }
    }
}

/// The adapters, found in this process: a driver that crashes takes the process with it, see
/// [`super::Probe`].
///
/// Burn takes the first graphics API that has a GPU (Vulkan, DirectX, OpenGL; Metal on macOS), or
/// else the first that has anything, and numbers its adapters by kind, in the API's order; the same
/// is done here, so that a name means the same adapter in both.
#[must_use]
pub fn adapters() -> Vec<Adapter> {
    #[cfg(not(feature = "wgpu"))]
    return Vec::new();
    #[cfg(feature = "wgpu")]
    {
        use burn_wgpu::graphics::{AutoGraphicsApi, GraphicsApi};
        use burn_wgpu::wgpu;
        let api = wgpu::Backends::from(AutoGraphicsApi::backend());
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: api,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let mut found: Vec<Adapter> = Vec::new();
        for adapter in block_on(instance.enumerate_adapters(api)) {
            let info = adapter.get_info();
            let kind = match info.device_type {
                wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
                wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
                wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
                wgpu::DeviceType::Other => AdapterKind::Other,
                wgpu::DeviceType::Cpu => AdapterKind::Software,
            };
            found.push(Adapter {
                name: info.name,
                kind,
                slot: found.iter().filter(|known| known.kind == kind).count(),
                driver: format!("{} {}", info.driver, info.driver_info).trim().into(),
                api: info.backend.to_string(),
                bus: Some(info.device_pci_bus_id).filter(|bus| !bus.is_empty()),
            });
        }
        found
    }
}

/// Waits for a future that is ready at once outside browsers.
#[cfg(feature = "wgpu")]
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::yield_now();
    }
}
