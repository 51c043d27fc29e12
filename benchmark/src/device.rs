//! Choosing where the tensors live.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use burn::Tensor;
use burn::tensor::Device;
#[cfg(feature = "wgpu")]
use burn::tensor::DeviceKind;
use serde::{Deserialize, Serialize};

use crate::config::DeviceName;
use crate::gradients::Head;

/// How long a probe of the graphics drivers may take.
const PROBE_LIMIT: Duration = Duration::from_secs(120);
/// The hidden subcommand that opens the graphics drivers, in a process of its own: a driver that
/// crashes takes only that process with it.
pub const PROBE_COMMAND: &str = "probe-adapters";

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

/// A graphics adapter as the driver describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adapter {
    /// The adapter's name.
    pub name: String,
    /// `discrete GPU`, `integrated GPU`, `virtual GPU`, `CPU` or `other`.
    pub kind: String,
    /// The driver's name and version.
    pub driver: String,
    /// The graphics API.
    pub api: String,
}

impl Adapter {
    /// Whether it is hardware, not a software renderer.
    #[must_use]
    pub fn is_gpu(&self) -> bool {
        self.kind.ends_with("GPU")
    }
}

/// Why a device cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// No hardware adapter was found.
    #[error("--device wgpu: no GPU found ({found}); use --device flex for the CPU{software}")]
    NoGpu {
        /// What was found instead.
        found: String,
        /// The hint about software adapters, if there is one.
        software: &'static str,
    },
    /// This build has no wgpu.
    #[error(
        "--device wgpu: this build has no wgpu; build with `--features wgpu`, or use --device flex"
    )]
    NotBuilt,
}

impl Backend {
    /// The backend for a device name; `program` is this executable, `software` allows software
    /// adapters.
    ///
    /// # Errors
    /// When wgpu is asked for by name and there is no (allowed) adapter.
    pub fn resolve(name: DeviceName, program: &Path, software: bool) -> Result<Self, DeviceError> {
        match name {
            DeviceName::Flex => Ok(Self::Flex),
            DeviceName::Ndarray => Ok(Self::Ndarray),
            DeviceName::Auto => {
                let adapters = probe(program).unwrap_or_default();
                Ok(if adapters.iter().any(Adapter::is_gpu) { Self::Wgpu } else { Self::Flex })
            }
            #[cfg(not(feature = "wgpu"))]
            DeviceName::Wgpu => Err(DeviceError::NotBuilt),
            #[cfg(feature = "wgpu")]
            DeviceName::Wgpu => match probe(program) {
                Ok(adapters) if adapters.iter().any(Adapter::is_gpu) => Ok(Self::Wgpu),
                Ok(adapters) if software && !adapters.is_empty() => Ok(Self::Wgpu),
                Ok(adapters) => {
                    let software =
                        "; --allow-software-gpu accepts a software adapter, many times slower";
                    let software = if adapters.is_empty() { "" } else { software };
                    let names: Vec<String> =
                        adapters.into_iter().map(|adapter| adapter.name).collect();
                    let found =
                        if names.is_empty() { "no adapter".into() } else { names.join(", ") };
                    Err(DeviceError::NoGpu { found, software })
                }
                Err(reason) => Err(DeviceError::NoGpu { found: reason, software: "" }),
            },
        }
    }

    /// The device itself, without autodiff.
    #[must_use]
    pub fn device(self) -> Device {
        match self {
            Self::Flex => Device::flex(),
            // Deprecated upstream, but asked for by users who compare backends.
            #[expect(
                deprecated,
                reason = "the backend is still selectable in this release of burn"
            )]
            Self::Ndarray => Device::ndarray(),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Device::wgpu(DeviceKind::DefaultDevice),
            #[cfg(not(feature = "wgpu"))]
            Self::Wgpu => unreachable!("a build without wgpu never resolves to it"),
        }
    }

    /// Where the part of a step behind the hidden states is computed.
    #[must_use]
    pub fn head(self) -> Head {
        match self {
            Self::Flex | Self::Ndarray => Head::Host,
            Self::Wgpu => Head::Device,
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

    /// A tiny product, to see whether the device computes at all.
    #[must_use]
    pub fn works(self) -> bool {
        let device = self.device();
        let a = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &device);
        let b = Tensor::<2>::from_floats([[5.0], [6.0]], &device);
        let product: Result<Vec<f32>, _> = a.matmul(b).try_into_vec_as();
        product.is_ok_and(|product| product == [17.0, 39.0])
    }
}

/// The graphics adapters of this machine, found by a child process.
///
/// # Errors
/// What became of the child: a crash, an endless wait, or nonsense.
pub fn probe(program: &Path) -> Result<Vec<Adapter>, String> {
    let mut child = Command::new(program)
        .arg(PROBE_COMMAND)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("the probe could not be started: {error}"))?;
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() < PROBE_LIMIT => {
                std::thread::sleep(Duration::from_millis(5))
            }
            Ok(None) => {
                // Nothing more can be done about a child that cannot be stopped.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!(
                    "the graphics driver did not answer in {} s",
                    PROBE_LIMIT.as_secs()
                ));
            }
            Err(error) => return Err(format!("the probe could not be watched: {error}")),
        }
    };
    if !status.success() {
        return Err(format!("the graphics driver crashed ({status})"));
    }
    let mut output = String::new();
    let stdout = child.stdout.as_mut().expect("the child's output is piped");
    std::io::Read::read_to_string(stdout, &mut output).map_err(|error| error.to_string())?;
    serde_json::from_str(&output)
        .map_err(|error| format!("the probe's answer was not understood: {error}"))
}

/// The adapters, found in this process; for the child of [`probe`].
#[must_use]
pub fn adapters() -> Vec<Adapter> {
    #[cfg(not(feature = "wgpu"))]
    return Vec::new();
    #[cfg(feature = "wgpu")]
    {
        use burn_wgpu::wgpu;
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let backends = wgpu::Backends::PRIMARY;
        block_on(instance.enumerate_adapters(backends))
            .into_iter()
            .map(|adapter| {
                let info = adapter.get_info();
                Adapter {
                    name: info.name,
                    kind: match info.device_type {
                        wgpu::DeviceType::DiscreteGpu => "discrete GPU",
                        wgpu::DeviceType::IntegratedGpu => "integrated GPU",
                        wgpu::DeviceType::VirtualGpu => "virtual GPU",
                        wgpu::DeviceType::Cpu => "CPU",
                        wgpu::DeviceType::Other => "other",
                    }
                    .into(),
                    driver: format!("{} {}", info.driver, info.driver_info).trim().into(),
                    api: info.backend.to_string(),
                }
            })
            .collect()
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
