//! NetworkManager, and the kernel's neighbours, each in a network of its own.

use std::time::Duration;

use deskside_facts::Context;
use deskside_protocol::facts::{Connectivity, Reachability, SectionId};

use crate::{
    machine, needed,
    programs::{Bus, Service, find, may_be_apart, run, run_apart},
    section, settled,
};

/// A wire between two ends, one of them NetworkManager's; and a page, whose words are in a file, where it looks whether it
/// is online. `/sys` that cannot be written means to it that there is no udev to wait for.
const SCRIPT: &str = r#"
mount -t sysfs -o ro sysfs /sys
mount -t tmpfs tmpfs /run
mkdir /run/NetworkManager
mount -t tmpfs tmpfs /var/lib/NetworkManager
ip link set lo up
ip link add desk0 type veth peer name desk1
ip link set desk0 up
ip link set desk1 up
perl -MIO::Socket::INET -e '
    my $server = IO::Socket::INET->new(Listen => 5, LocalPort => 8099, ReuseAddr => 1) or die;
    while (my $client = $server->accept) {
        while (<$client>) { last if /^\r?$/ }
        open my $file, "<", "$ARGV[0]/page"; my $words = <$file>; close $file;
        print $client "HTTP/1.1 200 OK\r\nContent-Length: ", length $words, "\r\nConnection: close\r\n\r\n", $words;
        close $client;
    }' "$1" &
exec NetworkManager --debug --config "$1/nm.conf" --config-dir "$1/conf.d" --state-file "$1/state" --intern-config "$1/intern"
"#;

const CONNECTION: &str = "[connection]\nid=Bureau\nuuid=0f0f0f0f-1111-2222-3333-444444444444\ntype=ethernet\n\
    interface-name=desk0\n[ipv4]\nmethod=manual\naddress1=192.0.2.1/24,192.0.2.254\n[ipv6]\nmethod=disabled\n";

#[tokio::test]
async fn network_manager_says_that_a_page_stands_before_the_network() {
    needed!(find("NetworkManager", "network-manager"));
    needed!(find("ip", "iproute2"));
    needed!(find("perl", "perl-base"));
    needed!(may_be_apart(true));
    let folder = tempfile::tempdir().unwrap();
    let bus = needed!(Bus::start(folder.path()));
    let at = |name: &str| folder.path().join(name);
    let connections = at("connections");
    std::fs::create_dir_all(&connections).unwrap();
    std::fs::create_dir_all(at("conf.d")).unwrap();
    let config = format!(
        "[main]\nplugins=keyfile\nno-auto-default=*\ndhcp=internal\ndns=none\nrc-manager=unmanaged\nauth-polkit=false\n\
         [keyfile]\npath={}\n[connectivity]\nuri=http://192.0.2.1:8099/\ninterval=3\nresponse=online\n\
         [device-1]\nmatch-device=interface-name:desk1\nmanaged=0\n",
        connections.display()
    );
    std::fs::write(at("nm.conf"), config).unwrap();
    std::fs::write(at("page"), "Please sign in").unwrap();
    let connection = connections.join("bureau.nmconnection");
    std::fs::write(&connection, CONNECTION).unwrap();
    std::fs::set_permissions(&connection, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();

    let environment = [("DBUS_SYSTEM_BUS_ADDRESS", bus.address.as_str())];
    let _manager = Service::start_apart(SCRIPT, true, folder.path(), &environment);
    std::fs::create_dir_all(at("sys/class/net/desk0")).unwrap();
    let mut ctx = machine(folder.path());
    ctx.environment.insert("DBUS_SYSTEM_BUS_ADDRESS".into(), bus.address.clone());
    let until = async |state: Connectivity| {
        settled(&ctx, SectionId::Network, |facts| facts.network, |network| network.connectivity == state).await
    };
    assert!(!until(Connectivity::Portal).await.vpn_up, "a wire is no tunnel");
    std::fs::write(at("page"), "online").unwrap();
    tokio::time::timeout(Duration::from_secs(40), until(Connectivity::Full)).await.unwrap();
}

/// Set where the test runs for the second time, in its own network.
const APART: &str = "DESKSIDE_TEST_LINK";
/// A wire whose other end has no address, with a gateway that is not there, in both families. `/sys` shows the network that
/// it was mounted in.
const LINK: &str = r#"
mount -t sysfs sysfs /sys
ip link add wire0 type veth peer name wire1
ip link set wire0 up
ip link set wire1 up
ip address add 192.0.2.2/24 dev wire0
ip address add fd00:9::2/64 dev wire0 nodad
ip route add default via 192.0.2.1
ip route add default via fd00:9::1
DESKSIDE_TEST_LINK=1 exec "$1" "$2" --exact --nocapture
"#;

/// Goes through a gateway's states as the real kernel has them: never asked for, asked in vain, there and silent.
#[tokio::test]
async fn a_gateway_is_what_the_link_says() {
    if std::env::var_os(APART).is_none() {
        needed!(find("ip", "iproute2"));
        needed!(may_be_apart(true));
        let this = std::env::current_exe().unwrap();
        return run_apart(LINK, &[this.to_str().unwrap(), "network::a_gateway_is_what_the_link_says"]).unwrap();
    }
    let ctx = Context::new(Vec::new(), "/nobody".into());
    let gateways = async || section(&ctx, SectionId::Network, |facts| facts.network).await.gateways;
    let detail = |said: &Reachability| said.detail.clone().unwrap_or_default();
    for _ in 0..2 {
        let said = gateways().await;
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said.iter().all(|said| !said.reachable && detail(said).contains("no device on the link")), "{said:?}");
    }
    for address in ["192.0.2.1", "fd00:9::1"] {
        let there = ["neighbour", "replace", address, "lladdr", "02:00:00:00:00:09", "dev", "wire0"];
        run("ip", &[&there[..], &["nud", "permanent"]].concat()).unwrap();
    }
    let said = gateways().await;
    assert!(said.iter().all(|said| said.reachable && said.answer_ms.is_none()), "{said:?}");
    assert!(said.iter().all(|said| detail(said).contains("answers on the link")), "{said:?}");
}
