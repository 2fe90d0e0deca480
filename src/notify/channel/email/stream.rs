//! A connection to a mail server. Everything on it is over by one deadline, however slowly the server speaks. Only the
//! look-up of its name has the system's own.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::session::SmtpError;

/// Bytes of one line of a reply, twice what the standard allows.
const MOST_LINE: usize = 1_024;

/// Bytes to and from a server.
#[derive(Debug)]
pub(super) struct Stream {
    wire: Wire,
    deadline: Instant,
    /// Read and not taken yet.
    buffer: Vec<u8>,
}

#[derive(Debug)]
enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    pub(super) fn connect(host: &str, port: u16, deadline: Instant) -> Result<Self, SmtpError> {
        let addresses = (host, port).to_socket_addrs().map_err(|_| SmtpError::broken("no such host"))?;
        let mut last = SmtpError::broken("no such host");
        for address in addresses {
            match TcpStream::connect_timeout(&address, left(deadline)?) {
                Ok(wire) => return Ok(Self { wire: Wire::Plain(wire), deadline, buffer: Vec::new() }),
                Err(error) => last = SmtpError::broken(&format!("cannot be reached: {error}")),
            }
        }
        Err(last)
    }

    /// The same connection within TLS. What the server said before is dropped, so that nobody can slip in words that
    /// seem to be said within.
    pub(super) fn secured(self, host: &str, config: &Arc<ClientConfig>) -> Result<Self, SmtpError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| SmtpError::broken("has no name for TLS"))?;
        let connection = ClientConnection::new(Arc::clone(config), name);
        let connection = connection.map_err(|error| SmtpError::broken(&format!("offers no TLS: {error}")))?;
        let Wire::Plain(tcp) = self.wire else { return Err(SmtpError::broken("is within TLS already")) };
        let wire = Wire::Tls(Box::new(StreamOwned::new(connection, tcp)));
        Ok(Self { wire, deadline: self.deadline, buffer: Vec::new() })
    }

    /// The address of this end, by which it introduces itself.
    pub(super) fn own_address(&self) -> String {
        let tcp = match &self.wire {
            Wire::Plain(tcp) => tcp,
            Wire::Tls(tls) => &tls.sock,
        };
        match tcp.local_addr() {
            Ok(address) if address.is_ipv6() => format!("[IPv6:{}]", address.ip()),
            Ok(address) => format!("[{}]", address.ip()),
            Err(_) => "[127.0.0.1]".to_owned(),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), SmtpError> {
        self.arm()?;
        let written = match &mut self.wire {
            Wire::Plain(tcp) => tcp.write_all(bytes),
            Wire::Tls(tls) => tls.write_all(bytes).and_then(|()| tls.flush()),
        };
        written.map_err(|error| broken_off(&error))
    }

    /// A line without its end.
    pub(super) fn line(&mut self) -> Result<String, SmtpError> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.buffer.len() > MOST_LINE {
                return Err(SmtpError::broken("answers without an end"));
            }
            self.arm()?;
            let mut bytes = [0; MOST_LINE];
            let read = match &mut self.wire {
                Wire::Plain(tcp) => tcp.read(&mut bytes),
                Wire::Tls(tls) => tls.read(&mut bytes),
            };
            match read.map_err(|error| broken_off(&error))? {
                0 => return Err(SmtpError::broken("ends the connection")),
                count => self.buffer.extend_from_slice(&bytes[..count]),
            }
        }
    }

    /// Sets what is left of the time.
    fn arm(&self) -> Result<(), SmtpError> {
        let tcp = match &self.wire {
            Wire::Plain(tcp) => tcp,
            Wire::Tls(tls) => &tls.sock,
        };
        let left = left(self.deadline)?;
        let armed = tcp.set_read_timeout(Some(left)).and_then(|()| tcp.set_write_timeout(Some(left)));
        armed.map_err(|error| broken_off(&error))
    }
}

fn left(deadline: Instant) -> Result<Duration, SmtpError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(SmtpError::broken("gives no answer in time")) } else { Ok(left) }
}

fn broken_off(error: &io::Error) -> SmtpError {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => SmtpError::broken("gives no answer in time"),
        _ => SmtpError::broken(&format!("breaks off: {error}")),
    }
}
