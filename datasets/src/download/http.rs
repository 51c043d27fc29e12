//! One file from one address, resumed where an earlier attempt stopped.

use std::env;
use std::io::{ErrorKind, Read};
use std::time::Duration;

use ureq::http::header::{
    CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, IF_RANGE, LAST_MODIFIED, RANGE,
};
use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, Error, Proxy};

use super::part::{Origin, Part};
use crate::error::DataError;
use crate::registry::Download;

/// Bytes read at once.
const CHUNK: usize = 1 << 16;

/// How often to retry, and how long to wait.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Consecutive attempts without a new byte at one address before the next address is tried.
    pub attempts: u32,
    /// The pause after the first failed attempt; it doubles with each further one, up to 30 s.
    pub pause: Duration,
    /// How long to wait for a server that sends nothing.
    pub timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let (pause, timeout) = (Duration::from_secs(1), Duration::from_secs(60));
        Self { attempts: 4, pause, timeout }
    }
}

impl RetryPolicy {
    /// The pause after this many consecutive failures.
    pub(super) fn pause_after(&self, failures: u32) -> Duration {
        let doubled = self.pause.saturating_mul(1 << (failures - 1).min(16));
        doubled.min(Duration::from_secs(30))
    }
}

/// Why an attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// A temporary failure: another attempt may succeed.
    Again(String),
    /// This address does not offer the file.
    Address(String),
    /// A local failure, whatever the address.
    Disk(DataError),
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Self::Disk(error)
    }
}

/// A client for one address; proxies come from the environment (`HTTPS_PROXY` and the like).
pub(super) fn client(address: &str, retry: &RetryPolicy) -> Agent {
    let certificates = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    Agent::config_builder()
        .user_agent(concat!("prefsweep/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(retry.timeout))
        .timeout_connect(Some(retry.timeout))
        .timeout_per_read(Some(retry.timeout))
        // A redirect must not downgrade from HTTPS.
        .https_only(address.starts_with("https://"))
        .http_status_as_error(false)
        .tls_config(certificates)
        .proxy(proxy(address))
        .build()
        .new_agent()
}

/// The proxy of the environment, where it names one for such addresses.
fn proxy(address: &str) -> Option<Proxy> {
    let for_scheme = if address.starts_with("https://") { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    let is_set = |name: &str| {
        let names = [name.to_owned(), name.to_lowercase()];
        names.iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
    };
    // `Proxy` heeds NO_PROXY, and takes the first of all these whatever the address.
    if is_set(for_scheme) || is_set("ALL_PROXY") { Proxy::try_from_env() } else { None }
}

/// Downloads the rest of the file into the part, until the end or a failure.
pub(super) fn transfer(
    client: &Agent,
    address: &str,
    download: &Download,
    part: &mut Part,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), Failure> {
    let mut response = request(client, address, download, part)?;
    let total = match response.status() {
        StatusCode::PARTIAL_CONTENT => resumed(&response, part)?,
        StatusCode::OK if is_web_page(&response) => {
            let reason = "it answers with a web page instead of the file; is a login needed?";
            return Err(Failure::Address(reason.into()));
        }
        StatusCode::OK => {
            let origin = origin(address, &response);
            let total = origin.total;
            check_size(download, total)?;
            part.begin(origin)?;
            total
        }
        StatusCode::RANGE_NOT_SATISFIABLE => {
            let total = part.origin().and_then(|origin| origin.total);
            if total == Some(part.length()) {
                return Ok(());
            }
            part.restart()?;
            return Err(Failure::Again(
                "the server's file is shorter than what was downloaded".into(),
            ));
        }
        status if status.is_server_error() || is_temporary(status) => {
            return Err(Failure::Again(format!("the server answers {status}")));
        }
        status => return Err(Failure::Address(format!("the server answers {status}"))),
    };
    let mut body = response.body_mut().as_reader();
    let mut bytes = vec![0; CHUNK];
    loop {
        progress(part.length(), total);
        match body.read(&mut bytes) {
            Ok(0) => break,
            Ok(read) => part.append(&bytes[..read])?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(dropped(part, total, &reason(&error.into()))),
        }
        if download.bytes.is_some_and(|bytes| part.length() > bytes) {
            part.restart()?;
            let bytes = download.bytes.unwrap_or_default();
            return Err(Failure::Address(format!("it sends more than the {bytes} bytes expected")));
        }
    }
    match total {
        Some(total) if part.length() != total => Err(dropped(part, Some(total), "it was closed")),
        _ => Ok(()),
    }
}

fn request(
    client: &Agent,
    address: &str,
    download: &Download,
    part: &Part,
) -> Result<Response<Body>, Failure> {
    let mut request = client.get(address);
    if let Some(origin) = part.origin().filter(|_| part.length() > 0) {
        // Bytes of different servers may only be combined where the checksum is verified at the end.
        let same = origin.address == address;
        let known = origin.total.is_some() && (same || download.has_checksum());
        if (same && origin.validator.is_some()) || known {
            request = request.header(RANGE, format!("bytes={}-", part.length()));
            if let Some(validator) = origin.validator.as_ref().filter(|_| same) {
                request = request.header(IF_RANGE, validator);
            }
        }
    }
    request.call().map_err(|error| match error {
        // Waiting helps neither against too many redirects nor against an invalid address.
        Error::TooManyRedirects
        | Error::RedirectFailed
        | Error::RequireHttpsOnly(_)
        | Error::BadUri(_)
        | Error::Http(_) => Failure::Address(reason(&error)),
        _ if is_unconnected(&error) => {
            Failure::Again(format!("cannot connect: {}", reason(&error)))
        }
        _ => Failure::Again(reason(&error)),
    })
}

/// Whether it failed before there was a connection.
fn is_unconnected(error: &Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    match error {
        Error::Io(error) => !matches!(
            error.kind(),
            BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
        ),
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::ConnectProxyFailed(_)
        | Error::InvalidProxyUrl
        | Error::Tls(_)
        | Error::Rustls(_) => true,
        _ => false,
    }
}

fn is_temporary(status: StatusCode) -> bool {
    matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}

fn is_web_page(response: &Response<Body>) -> bool {
    header(response.headers(), &CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"))
}

fn origin(address: &str, response: &Response<Body>) -> Origin {
    let headers = response.headers();
    // A weak ETag does not guarantee identical bytes.
    let etag = header(headers, &ETAG).filter(|etag| !etag.starts_with("W/"));
    Origin {
        address: address.to_owned(),
        validator: etag.or_else(|| header(headers, &LAST_MODIFIED)),
        total: response.body().content_length(),
    }
}

fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn check_size(download: &Download, total: Option<u64>) -> Result<(), Failure> {
    match (download.bytes, total) {
        (Some(expected), Some(total)) if expected != total => {
            Err(Failure::Address(format!("it offers {total} bytes where {expected} are expected")))
        }
        _ => Ok(()),
    }
}

/// The total size, if the server continues exactly where the part ends.
fn resumed(response: &Response<Body>, part: &mut Part) -> Result<Option<u64>, Failure> {
    let range = header(response.headers(), &CONTENT_RANGE).unwrap_or_default();
    let known = part.origin().and_then(|origin| origin.total);
    let continues = content_range(&range).is_some_and(|(start, total)| {
        start == part.length() && (known.is_none() || total.is_none() || known == total)
    });
    if !continues {
        part.restart()?;
        return Err(Failure::Again(format!(
            "the server continues at another position ({range:?})"
        )));
    }
    Ok(known.or(content_range(&range).and_then(|(_, total)| total)))
}

/// Start and total size of `bytes 5-9/10`.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, total.parse().ok()))
}

fn dropped(part: &Part, total: Option<u64>, reason: &str) -> Failure {
    let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
    Failure::Again(format!("the connection broke after {}{of} bytes ({reason})", part.length()))
}

/// What is wrong, without the client's words for where.
fn reason(error: &Error) -> String {
    match error {
        Error::Timeout(_) => "no answer in time".to_owned(),
        Error::Io(error) => error.to_string(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_parsed() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        assert_eq!(content_range("5-9"), None);
    }

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        let retry = RetryPolicy::default();
        let seconds = |failures| retry.pause_after(failures).as_secs();
        assert_eq!([1, 2, 3, 5, 6, 100].map(seconds), [1, 2, 4, 16, 30, 30]);
    }
}
