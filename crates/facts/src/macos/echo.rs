//! The echo of ICMP (RFC 792 and RFC 4443, sections "Echo") as macOS lets users send it, through datagram sockets: unlike on
//! Linux the sender fills in identifier and checksum, and the header of IPv4 is before the answer.

/// An echo request of IPv4.
pub(crate) fn request_v4(id: [u8; 2]) -> [u8; 8] {
    let mut request = [8, 0, 0, 0, id[0], id[1], 0, 1];
    let [high, low] = checksum(&request).to_be_bytes();
    request[2] = high;
    request[3] = low;
    request
}

/// An echo request of IPv6; its checksum covers addresses that only the kernel knows, which fills it in.
pub(crate) fn request_v6(id: [u8; 2]) -> [u8; 8] {
    [128, 0, 0, 0, id[0], id[1], 0, 1]
}

/// RFC 1071, section 4.1, of whole words.
fn checksum(message: &[u8]) -> u16 {
    let mut sum: u32 = message.chunks_exact(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

/// Whether a datagram answers the request of this identifier: type 0 or 129 and code 0.
pub(crate) fn answers(datagram: &[u8], id: [u8; 2]) -> bool {
    let message = match datagram.first() {
        // RFC 791, section 3.1: version 4, and the header's length in words of 32 bits.
        Some(first) if first >> 4 == 4 => datagram.get(usize::from(first & 0x0f) * 4..).unwrap_or_default(),
        Some(_) | None => datagram,
    };
    matches!(message, [0 | 129, 0, _, _, first, second, ..] if [*first, *second] == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_request_sums_up_to_nothing() {
        assert_eq!(checksum(&request_v4([0x12, 0x34])), 0);
    }

    #[test]
    fn an_answer_is_known_by_its_identifier_behind_any_header() {
        let answer = [0, 0, 9, 9, 1, 2, 0, 1];
        let header = [&[0x46][..], &[0; 23]].concat();
        assert!(answers(&answer, [1, 2]));
        assert!(answers(&[header.as_slice(), &answer].concat(), [1, 2]));
        assert!(answers(&[129, 0, 9, 9, 1, 2, 0, 1], [1, 2]));
        assert!(!answers(&answer, [1, 3]));
        // Our own request, and "unreachable".
        assert!(!answers(&request_v4([1, 2]), [1, 2]));
        assert!(!answers(&request_v6([1, 2]), [1, 2]));
        assert!(!answers(&[3, 1, 0, 0, 1, 2, 0, 1], [1, 2]));
    }

    proptest! {
        #[test]
        fn any_datagram_is_read_without_panic(datagram in prop::collection::vec(any::<u8>(), 0..80), id: [u8; 2]) {
            let _ = answers(&datagram, id);
            prop_assert_eq!(checksum(&request_v4(id)), 0);
        }
    }
}
