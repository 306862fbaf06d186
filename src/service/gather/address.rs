//! Which network addresses may be connected to.
//!
//! A name proves nothing about where it leads, so the address itself is judged, after it was resolved and in the form
//! in which it will be connected to. Addresses that carry another one inside (IPv4-mapped, 6to4, NAT64) count as the
//! one they carry. Names and URLs are not judged here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What sort of place an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Anywhere on the public internet.
    Public,
    /// A network of one's own: RFC 1918, shared carrier space, unique local IPv6.
    Private,
    /// This machine.
    Loopback,
    /// Nowhere a FHIR server is: link-local and metadata services, multicast, reserved and documentation ranges.
    Never,
}

/// Judges an address.
#[must_use]
pub fn class(address: IpAddr) -> Class {
    match address {
        IpAddr::V4(v4) => class_v4(v4),
        IpAddr::V6(v6) => class_v6(v6),
    }
}

/// Metadata services outside the link-local range: they hand out credentials to whoever asks.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

fn class_v4(address: Ipv4Addr) -> Class {
    let [a, b, c, _] = address.octets();
    if METADATA_V4.contains(&address) {
        return Class::Never;
    }
    match (a, b, c) {
        (127, ..) => Class::Loopback,
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => Class::Private,
        (0, ..) | (169, 254, _) | (224..=255, ..) => Class::Never,
        // IETF protocol assignments, documentation, the former 6to4 relays, benchmarks.
        (192, 0, 0 | 2) | (198, 51, 100) | (203, 0, 113) | (192, 88, 99) | (198, 18 | 19, _) => Class::Never,
        _ => Class::Public,
    }
}

fn class_v6(address: Ipv6Addr) -> Class {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let carried = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        class_v4(Ipv4Addr::new(a, b, c, d))
    };
    if address == METADATA_V6 {
        return Class::Never;
    }
    match (a, b) {
        _ if address.is_loopback() => Class::Loopback,
        _ if address.is_unspecified() => Class::Never,
        // ::ffff:a.b.c.d and the outdated ::a.b.c.d
        (0, 0) if (c, d, e) == (0, 0, 0) && (f == 0xffff || f == 0) => carried(g, h),
        // NAT64; its locally used range may lead anywhere.
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => carried(g, h),
        (0x2002, _) => carried(b, c),
        // Teredo, protocol assignments and documentation; only 2000::/3 is routed at all.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, 0..=0xfff) => Class::Never,
        (0x2000..=0x3fff, _) => Class::Public,
        (0xfc00..=0xfdff, _) => Class::Private,
        _ => Class::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SC-10.
    #[test]
    fn addresses_are_judged_by_where_they_lead() {
        let table = [
            (
                Class::Public,
                "8.8.8.8 1.1.1.1 172.15.0.1 172.32.0.1 100.63.0.1 100.128.0.1 2606:4700::1111 64:ff9b::808:808 \
                 ::ffff:8.8.8.8 2002:808:808::1",
            ),
            (
                Class::Private,
                "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 fc00::1 fd12:3456::1 ::ffff:10.0.0.1 \
                 64:ff9b::a00:1 2002:c0a8:101::1 ::10.0.0.1",
            ),
            (
                Class::Loopback,
                "127.0.0.1 127.1.2.3 ::1 ::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::",
            ),
            (
                Class::Never,
                "0.0.0.0 0.1.2.3 169.254.169.254 169.254.0.1 192.0.0.192 192.0.2.1 198.51.100.1 203.0.113.1 \
                 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 100.100.100.200 168.63.129.16 :: fe80::1 fec0::1 \
                 ff02::1 2001:db8::1 2001:0:1::1 100::1 fd00:ec2::254 64:ff9b:1::1 ::ffff:169.254.169.254 \
                 2002:a9fe:a9fe::1 3fff::1 4000::1",
            ),
        ];
        for (expected, addresses) in table {
            for address in addresses.split_whitespace() {
                assert_eq!(class(address.parse().unwrap()), expected, "{address}");
            }
        }
    }
}
