//! One file from one address, going on where an earlier attempt stopped.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{
    CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_RANGE, LAST_MODIFIED, RANGE,
};
use reqwest::{Client, Response, StatusCode};

use super::Download;
use super::part::{Origin, Part};
use crate::error::DataError;

/// How long to wait, and how often to try.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Attempts at one address that bring no new byte before the next address is tried.
    pub attempts: u32,
    /// The pause after the first failed attempt; it doubles from one to the next, up to 30 s.
    pub pause: Duration,
    /// How long a server may be silent.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let (pause, silence) = (Duration::from_secs(1), Duration::from_secs(60));
        Self { attempts: 4, pause, silence }
    }
}

impl Patience {
    /// The pause after so many failures in a row.
    pub(super) fn pause_after(&self, failures: u32) -> Duration {
        let doubled = self.pause.saturating_mul(1 << (failures - 1).min(16));
        doubled.min(Duration::from_secs(30))
    }
}

/// Why an attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// It may go better a little later.
    Again(String),
    /// This address does not have it.
    Address(String),
    /// It is not the address.
    Disk(DataError),
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Self::Disk(error)
    }
}

/// A client for one address; proxies come from the environment (`HTTPS_PROXY` and the like).
pub(super) fn client(address: &str, patience: &Patience) -> Result<Client, String> {
    Client::builder()
        .user_agent(concat!("prefsweep/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(patience.silence)
        .read_timeout(patience.silence)
        // A redirect must not give up the protection that the address promised.
        .https_only(address.starts_with("https://"))
        .build()
        .map_err(|error| reason(&error))
}

/// Brings the part to its full length, as far as the connection holds.
pub(super) async fn transfer(
    client: &Client,
    address: &str,
    download: &Download,
    part: &mut Part,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), Failure> {
    let mut response = request(client, address, download, part).await?;
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
            return Err(Failure::Again("the server has less of it than was downloaded".into()));
        }
        status if status.is_server_error() || is_passing(status) => {
            return Err(Failure::Again(format!("the server answers {status}")));
        }
        status => return Err(Failure::Address(format!("the server answers {status}"))),
    };
    loop {
        progress(part.length(), total);
        match response.chunk().await {
            Ok(Some(bytes)) => part.append(&bytes)?,
            Ok(None) => break,
            Err(error) => return Err(dropped(part, total, &reason(&error))),
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

async fn request(
    client: &Client,
    address: &str,
    download: &Download,
    part: &Part,
) -> Result<Response, Failure> {
    let mut request = client.get(address);
    if let Some(origin) = part.origin().filter(|_| part.length() > 0) {
        // Another server's bytes can only be added where the sum is checked in the end.
        let same = origin.address == address;
        let known = origin.total.is_some() && (same || download.has_checksum());
        if (same && origin.validator.is_some()) || known {
            request = request.header(RANGE, format!("bytes={}-", part.length()));
            if let Some(validator) = origin.validator.as_ref().filter(|_| same) {
                request = request.header(IF_RANGE, validator);
            }
        }
    }
    request.send().await.map_err(|error| {
        let reason = reason(&error);
        // Neither too many redirects nor a name that is no address gets better by waiting.
        if error.is_redirect() || error.is_builder() {
            Failure::Address(reason)
        } else {
            Failure::Again(reason)
        }
    })
}

fn is_passing(status: StatusCode) -> bool {
    matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}

fn is_web_page(response: &Response) -> bool {
    header(response.headers(), &CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"))
}

fn origin(address: &str, response: &Response) -> Origin {
    let headers = response.headers();
    // A weak ETag does not promise the same bytes.
    let etag = header(headers, &ETAG).filter(|etag| !etag.starts_with("W/"));
    Origin {
        address: address.to_owned(),
        validator: etag.or_else(|| header(headers, &LAST_MODIFIED)),
        total: response.content_length(),
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

/// The whole size, when the server goes on exactly where the part ends.
fn resumed(response: &Response, part: &mut Part) -> Result<Option<u64>, Failure> {
    let range = header(response.headers(), &CONTENT_RANGE).unwrap_or_default();
    let known = part.origin().and_then(|origin| origin.total);
    let goes_on = content_range(&range).is_some_and(|(start, total)| {
        start == part.length() && (known.is_none() || total.is_none() || known == total)
    });
    if !goes_on {
        part.restart()?;
        return Err(Failure::Again(format!("the server goes on at another place ({range:?})")));
    }
    Ok(known.or(content_range(&range).and_then(|(_, total)| total)))
}

/// Start and whole size of `bytes 5-9/10`.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, total.parse().ok()))
}

fn dropped(part: &Part, total: Option<u64>, reason: &str) -> Failure {
    let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
    Failure::Again(format!("the connection broke after {}{of} bytes ({reason})", part.length()))
}

/// What lies at the bottom of an error.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".into();
    }
    let mut root: &dyn Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    let what = if error.is_connect() { "cannot connect: " } else { "" };
    format!("{what}{root}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        assert_eq!(content_range("5-9"), None);
    }

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        let patience = Patience::default();
        let seconds = |failures| patience.pause_after(failures).as_secs();
        assert_eq!([1, 2, 3, 5, 6, 100].map(seconds), [1, 2, 4, 16, 30, 30]);
    }
}
