//! A connection, from the lookup of the server's name to the bytes that pass. Nothing in here blocks.

use std::io;
use std::net::IpAddr;

use lovely_session_memcached::{Failure, ServerAddress};

use crate::bindings::io::poll::Pollable;
use crate::bindings::io::streams::{InputStream, OutputStream, StreamError};
use crate::bindings::sockets::instance_network::instance_network;
use crate::bindings::sockets::ip_name_lookup::{ResolveAddressStream, resolve_addresses};
use crate::bindings::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use crate::bindings::sockets::tcp::TcpSocket;
use crate::bindings::sockets::tcp_create_socket::create_tcp_socket;
use crate::exchange::Exchange;

/// How many bytes are read at once.
const CHUNK_BYTES: u64 = 64 * 1024;

/// A connection to a server, or one that is being made.
pub struct Connection {
    /// `None` until it is connected. They stand before the socket, which may only be dropped after them.
    streams: Option<(InputStream, OutputStream)>,
    /// `None` until an address is known.
    socket: Option<TcpSocket>,
    /// The lookup of the server's name; `None` when the server has an IP address.
    names: Option<ResolveAddressStream>,
    /// The addresses that were not tried yet, the next one last.
    addresses: Vec<IpAddress>,
    port: u16,
}

/// Whether something was done without blocking.
enum Step {
    Done,
    WouldBlock,
}

impl Connection {
    /// Begins to connect to a server.
    pub fn start(server: &ServerAddress) -> Result<Self, Failure> {
        let port = server.port();
        let mut connection = Self { streams: None, socket: None, names: None, addresses: Vec::new(), port };
        match server.host().parse() {
            Ok(address) => {
                connection.addresses.push(ip_address(address));
                connection.connect(Failure::Unreachable("no address".into()))?;
            }
            Err(_) => {
                let names = resolve_addresses(&instance_network(), server.host()).map_err(unreachable)?;
                connection.names = Some(names);
            }
        }
        Ok(connection)
    }

    /// Whether it can be used again: the server has not closed it, and has sent no bytes that belong to no request. A
    /// write on it would have an unknown outcome for nothing otherwise.
    pub fn is_usable(&self) -> bool {
        let read = self.streams.as_ref().map(|(input, _)| input.read(1));
        matches!(read, Some(Ok(bytes)) if bytes.is_empty())
    }

    /// Does as much of an exchange as is possible without blocking.
    pub fn drive(&mut self, exchange: &mut Exchange) {
        while !exchange.is_over() {
            match self.step(exchange) {
                Ok(Step::Done) => {}
                Ok(Step::WouldBlock) => return,
                Err(failure) => exchange.fail(failure),
            }
        }
    }

    /// What to wait for before the next [`Self::drive`].
    pub fn awaited(&self, exchange: &Exchange) -> Vec<Pollable> {
        match (&self.streams, &self.socket, &self.names) {
            (Some((input, _)), ..) if exchange.unsent().is_empty() => Vec::from([input.subscribe()]),
            (Some((input, output)), ..) => Vec::from([input.subscribe(), output.subscribe()]),
            (None, Some(socket), _) => Vec::from([socket.subscribe()]),
            (None, None, Some(names)) => Vec::from([names.subscribe()]),
            (None, None, None) => Vec::new(),
        }
    }

    fn step(&mut self, exchange: &mut Exchange) -> Result<Step, Failure> {
        if let Some((input, output)) = &self.streams {
            let has_sent = send(output, exchange)?;
            let has_received = receive(input, exchange)?;
            return Ok(if has_sent || has_received { Step::Done } else { Step::WouldBlock });
        }
        if let Some(socket) = &self.socket {
            return match socket.finish_connect() {
                Ok(streams) => {
                    self.streams = Some(streams);
                    Ok(Step::Done)
                }
                Err(ErrorCode::WouldBlock) => Ok(Step::WouldBlock),
                Err(code) => self.connect(unreachable(code)),
            };
        }
        self.resolve()
    }

    fn resolve(&mut self) -> Result<Step, Failure> {
        let next = self.names.as_ref().map_or(Ok(None), ResolveAddressStream::resolve_next_address);
        match next {
            Ok(Some(address)) => {
                self.addresses.insert(0, address);
                Ok(Step::Done)
            }
            Ok(None) => self.connect(Failure::Unreachable("name-unresolvable".into())),
            Err(ErrorCode::WouldBlock) => Ok(Step::WouldBlock),
            Err(code) => Err(unreachable(code)),
        }
    }

    /// Begins to connect to the next address. When there is none, it fails with this failure.
    fn connect(&mut self, failure: Failure) -> Result<Step, Failure> {
        let address = self.addresses.pop().ok_or(failure)?;
        let (family, address) = socket_address(address, self.port);
        let socket = create_tcp_socket(family).map_err(unreachable)?;
        match socket.start_connect(&instance_network(), address) {
            Ok(()) => {
                self.socket = Some(socket);
                Ok(Step::Done)
            }
            Err(code) => self.connect(unreachable(code)),
        }
    }
}

/// Sends as much as the stream takes, and returns whether that was anything.
fn send(output: &OutputStream, exchange: &mut Exchange) -> Result<bool, Failure> {
    if exchange.unsent().is_empty() {
        return Ok(false);
    }
    let room = output.check_write().map_err(broken)?;
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(exchange.unsent().len());
    if room == 0 {
        return Ok(false);
    }
    let bytes = exchange.unsent().get(..room).unwrap_or_default();
    // A write that fails may have sent a part.
    let written = output.write(bytes);
    exchange.advance(room);
    written.map(|()| true).map_err(broken)
}

/// Receives the bytes that have come, and returns whether there were any.
fn receive(input: &InputStream, exchange: &mut Exchange) -> Result<bool, Failure> {
    let bytes = input.read(CHUNK_BYTES).map_err(broken)?;
    exchange.receive(&bytes);
    Ok(!bytes.is_empty())
}

fn unreachable(code: ErrorCode) -> Failure {
    Failure::Unreachable(code.name().to_owned())
}

fn broken(error: StreamError) -> Failure {
    Failure::Broken(match error {
        StreamError::Closed => io::ErrorKind::UnexpectedEof,
        StreamError::LastOperationFailed(_) => io::ErrorKind::ConnectionReset,
    })
}

fn ip_address(address: IpAddr) -> IpAddress {
    match address {
        IpAddr::V4(address) => IpAddress::Ipv4(address.octets().into()),
        IpAddr::V6(address) => IpAddress::Ipv6(address.segments().into()),
    }
}

fn socket_address(address: IpAddress, port: u16) -> (IpAddressFamily, IpSocketAddress) {
    match address {
        IpAddress::Ipv4(address) => {
            (IpAddressFamily::Ipv4, IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address }))
        }
        IpAddress::Ipv6(address) => {
            let address = Ipv6SocketAddress { port, flow_info: 0, address, scope_id: 0 };
            (IpAddressFamily::Ipv6, IpSocketAddress::Ipv6(address))
        }
    }
}
