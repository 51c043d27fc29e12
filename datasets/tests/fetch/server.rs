//! An HTTP server on this machine that answers as badly as it is told to.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A request's first line and headers.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    headers: Vec<(String, String)>,
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut lines = BufReader::new(stream).lines();
        let line = lines.next()?.ok()?;
        let mut headers = Vec::new();
        for header in lines {
            let header = header.ok()?;
            let Some((name, value)) = header.split_once(": ") else { break };
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        Some(Self { line, headers })
    }

    /// A header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Where a `Range: bytes=N-` starts.
    pub(crate) fn start(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// Listens until it is dropped; one connection at a time, closed after the answer.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers the n-th request, from 0, with the raw bytes that `answer` returns.
    pub(crate) fn new(answer: impl Fn(usize, &Request) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (kept, stopped) = (Arc::clone(&requests), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
                // A tunnel that is granted holds a request of its own.
                while let Some(request) = Request::read(&stream) {
                    let number = {
                        let mut requests = kept.lock().unwrap();
                        requests.push(request.clone());
                        requests.len() - 1
                    };
                    let answer = answer(number, &request);
                    // The client may have gone away.
                    let written = stream.write_all(&answer);
                    let granted = answer.starts_with(b"HTTP/1.1 200");
                    if written.is_err() || !granted || !request.line.starts_with("CONNECT ") {
                        break;
                    }
                }
            }
        });
        Self { address, requests, stop, thread: Some(thread) }
    }

    pub(crate) fn address(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread up.
        drop(TcpStream::connect(self.address));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// An answer with these headers, one per line.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for header in headers.lines() {
        text.push_str(header.trim());
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The whole file.
pub(crate) fn whole(body: &[u8]) -> Vec<u8> {
    answer("200 OK", &format!("Content-Length: {}", body.len()), body)
}

/// The answer of a correct server: the rest of the file if a range is requested.
pub(crate) fn honest(request: &Request, body: &[u8], tag: &str) -> Vec<u8> {
    let fits = request.header("if-range").is_none_or(|wanted| wanted == tag);
    let (status, start) = match request.start() {
        Some(start) if fits => ("206 Partial Content", start),
        _ => ("200 OK", 0),
    };
    let (length, all) = (body.len() - start, body.len());
    let headers = format!(
        "Content-Length: {length}\nContent-Range: bytes {start}-{}/{all}\nETag: {tag}",
        all - 1
    );
    answer(status, &headers, &body[start..])
}
