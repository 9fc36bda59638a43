//! What the system allows: open files and ports. Said before anything is started.

use std::net::{Ipv4Addr, SocketAddr};

/// Files that a process has open beside its connections.
const OTHERS: u64 = 64;

/// Raises the limit of open files as far as it may be, for so many connections.
///
/// # Errors
/// A sentence that says what to do.
pub(crate) fn allow_files(connections: u32) -> Result<(), String> {
    let wanted = u64::from(connections) + OTHERS;
    let (soft, hard) = rlimit::getrlimit(rlimit::Resource::NOFILE).map_err(|error| error.to_string())?;
    if soft >= wanted {
        return Ok(());
    }
    // A process may raise its limit by itself up to the hard one.
    let raised = wanted.min(hard);
    let allowed = rlimit::setrlimit(rlimit::Resource::NOFILE, raised, hard).map_or(soft, |()| raised);
    match allowed < wanted {
        true => Err(too_few_files(connections, wanted, allowed)),
        false => Ok(()),
    }
}

/// Raises the limit of open files as far as it may be, for whoever does not know how many will come.
pub(crate) fn allow_all_files() {
    // Whatever it is then, the connection that is too much will be refused.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
}

fn too_few_files(connections: u32, wanted: u64, allowed: u64) -> String {
    let fitting = allowed.saturating_sub(OTHERS);
    format!(
        "{connections} connections need {wanted} open files, and this process may have {allowed}: run `ulimit -n {wanted}` \
         first (as root, or with a higher `nofile` in /etc/security/limits.conf), or take at most {fitting}"
    )
}

/// How many connections one address of ours can have to one server.
pub(crate) fn ports() -> u32 {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut ends = range.split_whitespace().filter_map(|end| end.parse::<u32>().ok());
    match (ends.next(), ends.next()) {
        (Some(first), Some(last)) => last.saturating_sub(first) + 1,
        _ => 16_384, // what IANA sets aside for it
    }
}

/// Where connections come from, so that the ports suffice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sources {
    /// Connections from each address of this machine; none where the system is to choose.
    of_each: Option<u32>,
}

impl Sources {
    /// For `connections` to `server`, of `ports` that an address has.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub(crate) fn new(connections: u32, server: SocketAddr, ports: u32) -> Result<Self, String> {
        // A third is left for connections that are over, and wait for their last packets.
        let fitting = ports / 3 * 2;
        if connections <= fitting {
            return Ok(Self { of_each: None });
        }
        if server.is_ipv4() && server.ip().is_loopback() && fitting > 0 {
            return Ok(Self { of_each: Some(fitting) });
        }
        Err(format!(
            "{connections} connections to {server} need as many ports, and there are {ports}: run `sysctl -w \
             net.ipv4.ip_local_port_range=\"1024 65535\"`, or take at most {fitting}"
        ))
    }

    /// The address that the `number`th connection is to come from. The whole of 127.0.0.0/8 is this machine.
    pub(crate) fn of(&self, number: u32) -> Option<Ipv4Addr> {
        let address = number / self.of_each? + 1;
        Some(Ipv4Addr::from(u32::from(Ipv4Addr::LOCALHOST) + address - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_connections_than_ports_come_from_several_addresses_of_this_machine_only() {
        let local = "127.0.0.1:9000".parse().unwrap();
        assert_eq!(Sources::new(20_000, local, 30_000).unwrap().of(19_999), None);
        let sources = Sources::new(50_000, local, 30_000).unwrap();
        assert_eq!(sources.of(19_999), Some(Ipv4Addr::new(127, 0, 0, 1)));
        assert_eq!(sources.of(20_000), Some(Ipv4Addr::new(127, 0, 0, 2)));
        assert_eq!(sources.of(49_999), Some(Ipv4Addr::new(127, 0, 0, 3)));
        let refusal = Sources::new(50_000, "192.0.2.1:9000".parse().unwrap(), 30_000).unwrap_err();
        assert!(refusal.contains("at most 20000"), "{refusal}");
    }
}
