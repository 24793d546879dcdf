//! A connection, from the server's name to the bytes that come from it. Nothing in here waits.

use alloc::vec::Vec;
use core::net::IpAddr;

use lovely_session_memcached::ServerAddress;

use crate::bindings::io::poll::Pollable;
use crate::bindings::io::streams::{InputStream, OutputStream};
use crate::bindings::sockets::instance_network::instance_network;
use crate::bindings::sockets::ip_name_lookup::{ResolveAddressStream, resolve_addresses};
use crate::bindings::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use crate::bindings::sockets::tcp::TcpSocket;
use crate::bindings::sockets::tcp_create_socket::create_tcp_socket;
use crate::exchange::Exchange;
use crate::failure::Failure;

/// How much is read at once.
const PIECE_BYTES: u64 = 64 * 1024;

/// A connection to a server, or the way to one.
pub struct Connection {
    /// Bytes can pass. They stand before the socket, which may only be dropped after them.
    streams: Option<(InputStream, OutputStream)>,
    /// The socket, also while it is not yet connected.
    socket: Option<TcpSocket>,
    /// What looks up the addresses of the server's name.
    names: Option<ResolveAddressStream>,
    /// The addresses that were not yet tried, the next one last.
    addresses: Vec<IpAddress>,
    port: u16,
}

/// Whether there is more to do at once.
enum Step {
    Taken,
    Waiting,
}

impl Connection {
    /// Sets out to a server.
    pub fn start(server: &ServerAddress) -> Result<Self, Failure> {
        let port = server.port();
        let mut connection = Self { streams: None, socket: None, names: None, addresses: Vec::new(), port };
        match server.host().parse() {
            Ok(address) => {
                connection.addresses.push(ip_address(address));
                connection.connect(Failure::Broken)?;
            }
            Err(_) => {
                let names = resolve_addresses(&instance_network(), server.host()).map_err(unreachable)?;
                connection.names = Some(names);
            }
        }
        Ok(connection)
    }

    /// Whether it can be used again: the server has not closed it, and nothing has come that nobody asked for. To
    /// write on another would leave an unknown outcome for nothing.
    pub fn is_quiet(&self) -> bool {
        let read = self.streams.as_ref().map(|(input, _)| input.read(1));
        matches!(read, Some(Ok(bytes)) if bytes.is_empty())
    }

    /// Does all that can be done without waiting.
    pub fn drive(&mut self, exchange: &mut Exchange) {
        while !exchange.is_over() {
            match self.step(exchange) {
                Ok(Step::Taken) => {}
                Ok(Step::Waiting) => return,
                Err(failure) => exchange.fail(failure),
            }
        }
    }

    /// What to wait for before there is more to do.
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
            let is_sent = send(output, exchange)?;
            let is_come = receive(input, exchange)?;
            return Ok(if is_sent || is_come { Step::Taken } else { Step::Waiting });
        }
        if let Some(socket) = &self.socket {
            return match socket.finish_connect() {
                Ok(streams) => {
                    self.streams = Some(streams);
                    Ok(Step::Taken)
                }
                Err(ErrorCode::WouldBlock) => Ok(Step::Waiting),
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
                Ok(Step::Taken)
            }
            Ok(None) => self.connect(Failure::Unreachable("name-unresolvable")),
            Err(ErrorCode::WouldBlock) => Ok(Step::Waiting),
            Err(code) => Err(unreachable(code)),
        }
    }

    /// Sets out to the next address; when there is none, it has failed in this way.
    fn connect(&mut self, failure: Failure) -> Result<Step, Failure> {
        let address = self.addresses.pop().ok_or(failure)?;
        let (family, address) = socket_address(address, self.port);
        let socket = create_tcp_socket(family).map_err(unreachable)?;
        match socket.start_connect(&instance_network(), address) {
            Ok(()) => {
                self.socket = Some(socket);
                Ok(Step::Taken)
            }
            Err(code) => self.connect(unreachable(code)),
        }
    }
}

/// Hands over as much as is taken, and tells whether that was anything.
fn send(output: &OutputStream, exchange: &mut Exchange) -> Result<bool, Failure> {
    if exchange.unsent().is_empty() {
        return Ok(false);
    }
    let room = output.check_write().map_err(|_| Failure::Broken)?;
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(exchange.unsent().len());
    if room == 0 {
        return Ok(false);
    }
    let bytes = exchange.unsent().get(..room).unwrap_or_default();
    // Also of what is not taken in full, something may be sent.
    let written = output.write(bytes);
    exchange.advance(room);
    written.map(|()| true).map_err(|_| Failure::Broken)
}

/// Takes in what has come, and tells whether that was anything.
fn receive(input: &InputStream, exchange: &mut Exchange) -> Result<bool, Failure> {
    let bytes = input.read(PIECE_BYTES).map_err(|_| Failure::Broken)?;
    exchange.receive(&bytes);
    Ok(!bytes.is_empty())
}

fn unreachable(code: ErrorCode) -> Failure {
    Failure::Unreachable(code.name())
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
