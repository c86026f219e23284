//! How a proxy is told: without secrets.

/// An address without name and password.
pub(super) fn without_credentials(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_told_without_name_and_password() {
        assert_eq!(without_credentials("http://a:b@c@proxy:3128"), "http://proxy:3128");
        assert_eq!(without_credentials("proxy:3128"), "http://proxy:3128");
    }
}
