//! A gateway process and a small HTTP client for it, so that the tests see bytes as they arrive.

#![allow(dead_code)] // Each test binary uses its part.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// Far beyond what any step takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

const MODEL: &str = "tests/fixtures/tiny-llama.gguf";
/// The fixture's context, in tokens.
pub const N_CTX: usize = 256;

/// A running `nearside-edge` on a port of its own.
pub struct Edge {
    child: Child,
    address: SocketAddr,
}

impl Edge {
    pub fn start(args: &[&str]) -> Edge {
        Edge::start_with(|command| command.args(args))
    }

    pub fn start_with(configure: impl FnOnce(&mut Command) -> &mut Command) -> Edge {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nearside-edge"));
        command.args(["--listen", "127.0.0.1:0", "--model", MODEL]);
        let child = configure(&mut command).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.expect("the gateway starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("stdout is text");
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.and_then(|rest| rest.strip_suffix('/')).expect("it says where");
        let address = address.parse().expect("an address");
        Edge { child, address }
    }

    /// Sends a request and reads its answer to the end.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.open(method, path, headers, body).into_reply()
    }

    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], "")
    }

    pub fn chat(&self, body: &Value) -> Reply {
        self.request("POST", CHAT, &[JSON], &body.to_string())
    }

    /// Sends a chat request and returns as soon as the answer's headers are there.
    pub fn open_chat(&self, body: &Value) -> Stream {
        self.open("POST", CHAT, &[JSON], &body.to_string())
    }

    /// Sends a request and returns as soon as the answer's headers are there.
    pub fn open(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Stream {
        self.send(method, path, headers, body).into_stream()
    }

    /// Sends a request and waits for nothing.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Pending {
        let socket = TcpStream::connect(self.address).expect("the gateway listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: edge\r\nconnection: close\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("content-length: {}\r\n\r\n{body}", body.len());
        // A gateway that refuses early may close before it has read everything.
        let _ = (&socket).write_all(request.as_bytes());
        Pending { socket, is_head: method == "HEAD" }
    }

    /// Asks until `condition` holds of /health.
    pub fn wait_for_health(&self, condition: impl Fn(&Value) -> bool) {
        for _ in 0..600 {
            if condition(&self.get("/health").json()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the gateway never came to be as awaited: {:?}", self.get("/health").json());
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().expect("the gateway is our child")
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub const CHAT: &str = "/v1/chat/completions";
pub const JSON: (&str, &str) = ("content-type", "application/json");

/// A request with one question; `more` overrides.
pub fn question(text: &str, more: Value) -> Value {
    let mut body = json!({ "messages": [{ "role": "user", "content": text }], "max_tokens": 8 });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// The text of a chat answer.
    pub fn text(&self) -> String {
        self.json()["choices"][0]["message"]["content"].as_str().expect("a text").to_owned()
    }

    pub fn error_code(&self) -> String {
        self.json()["error"]["code"].as_str().expect("an error with a code").to_owned()
    }
}

/// A request without an answer yet. Dropping it closes the connection.
pub struct Pending {
    socket: TcpStream,
    is_head: bool,
}

impl Pending {
    pub fn into_reply(self) -> Reply {
        self.into_stream().into_reply()
    }

    fn into_stream(self) -> Stream {
        Stream::read_head(BufReader::new(self.socket), self.is_head)
    }
}

/// An answer that is still arriving. Dropping it closes the connection.
pub struct Stream {
    pub status: u16,
    headers: Vec<(String, String)>,
    socket: BufReader<TcpStream>,
    has_body: bool,
    unread: Vec<u8>,
}

impl Stream {
    fn read_head(mut socket: BufReader<TcpStream>, is_head: bool) -> Stream {
        let mut line = || {
            let mut line = String::new();
            socket.read_line(&mut line).expect("the gateway answers");
            line.trim_end().to_owned()
        };
        let status = line().split(' ').nth(1).and_then(|code| code.parse().ok());
        let status: u16 = status.expect("a status line");
        let headers: Vec<_> = std::iter::from_fn(|| {
            let line = line();
            line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()))
        })
        .collect();
        Stream { status, headers, socket, has_body: !is_head, unread: Vec::new() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The next event's data, waiting for it; `None` at the end of the body.
    pub fn next_data(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|two| two == b"\n\n") {
                let frame: Vec<u8> = self.unread.drain(..end + 2).collect();
                let frame = String::from_utf8(frame).expect("events are UTF-8");
                if let Some(data) = frame.trim_end().strip_prefix("data: ") {
                    return Some(data.to_owned());
                }
                continue;
            }
            let piece = self.next_piece()?;
            self.unread.extend(piece);
        }
    }

    /// The next piece of text, as a token arrives.
    pub fn next_text(&mut self) -> Option<String> {
        while let Some(data) = self.next_data() {
            let chunk: Value = serde_json::from_str(&data).ok()?;
            match chunk["choices"][0]["delta"]["content"].as_str() {
                Some(text) if !text.is_empty() => return Some(text.to_owned()),
                _ => continue,
            }
        }
        None
    }

    /// All remaining events.
    pub fn rest(mut self) -> Vec<String> {
        std::iter::from_fn(|| self.next_data()).collect()
    }

    /// The first bytes of a body that is not chunked.
    pub fn read(&mut self, n_bytes: usize) -> Vec<u8> {
        let mut bytes = vec![0; n_bytes];
        self.socket.read_exact(&mut bytes).expect("so much arrives");
        bytes
    }

    /// What else arrives of it, until the connection ends in whatever way.
    pub fn rest_of_body(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.socket.read_to_end(&mut bytes);
        bytes
    }

    fn into_reply(mut self) -> Reply {
        let mut body = Vec::new();
        if self.has_body {
            while let Some(piece) = self.next_piece() {
                body.extend(piece);
            }
        }
        Reply { status: self.status, headers: self.headers, body }
    }

    /// A chunk of a chunked body, or the whole of another.
    fn next_piece(&mut self) -> Option<Vec<u8>> {
        let mut piece = Vec::new();
        if self.header("transfer-encoding") != Some("chunked") {
            self.socket.read_to_end(&mut piece).ok()?;
            return (!piece.is_empty()).then_some(piece);
        }
        let mut size = String::new();
        self.socket.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok().filter(|&size| size > 0)?;
        piece.resize(size + 2, 0);
        self.socket.read_exact(&mut piece).ok()?;
        piece.truncate(size);
        Some(piece)
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// A folder with a page in it, gone at the end.
pub struct Site(PathBuf);

impl Site {
    pub fn new(name: &str, files: &[&str]) -> Site {
        let root = std::env::temp_dir().join(format!("nearside-{name}-{}", std::process::id()));
        for file in files {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("writable");
            std::fs::write(path, format!("this is {file}")).expect("writable");
        }
        Site(root)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().expect("a plain path")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
