# Texts that more than one program says: the window, the console and the agent.
# Employees read request, repair, this computer, helpdesk. Errors say what happened, what is safe, what to do.

## Words that come back

app-name = Deskside
yes = Yes
no = No
back = Back
cancel = Cancel
close = Close
save = Save
done = Done
retry = Try again
remove = Remove
copy = Copy
copied = Copied
loading = One moment…
loading-slow = Still at it. This takes longer than usual.
unknown = Not known
more = Show more
technical-detail = For technicians
decided-by-it = Set by your IT department
just-now = just now

## Errors: what happened, what is safe, what to do

error-bad-request = Deskside did not understand itself. Nothing is lost. Close the window and open it again.
error-not-found = This is not here any more. Nothing else has changed.
error-text-too-long = The text is too long. What you wrote is still here: shorten it, or attach it as a file.
error-text-missing = There is no text yet. A few words are enough.
error-file-too-large = This file is too large. Each file can have 25 MB, all together 60 MB. The others are kept.
error-too-many-files = There are 10 files already. Remove one to add another.
error-file-type = Files of this type cannot be sent. A picture, a PDF, a text or a ZIP archive works.
error-file-unreadable = The file could not be read. Your text and the other files are kept. Try to add it again.
error-preview-changed = Something changed since you looked. Nothing was sent. Please look again, then send.
error-wrong-state = This request has moved on in the meantime. Open it again to see where it stands.
error-screen-unavailable = No picture of the screen can be taken on this computer. You can add a picture as a file.
error-screen-refused = You said no to the picture of the screen. That is fine: the request works without it.
error-store-unwritable = This computer cannot keep anything more: its disk is full or locked. What you typed is still in this window. Free some space, then try again.
error-store-damaged = What Deskside had kept on this computer was damaged. It was set aside and a new start was made. Requests that were already sent are safe at the helpdesk.
error-store-version = What is kept on this computer was written by another version of Deskside. It is left as it is, and nothing new can be kept. Nothing is lost. Ask your IT department to install the newer version again.
error-keyring-unavailable = The keyring of this computer is locked or missing. Deskside works, and may have to be connected again after a restart.
error-settings-unreadable = Some of your settings could not be read. The usual ones are in force there. Open Settings to choose again.
error-policy-unreadable = Some of what your IT department decided for this computer could not be read. The rest is in force. Tell them.
error-not-enrolled = This computer is not connected to a helpdesk yet. Your requests are kept here. Ask your IT department to connect it.
error-unreachable = The helpdesk cannot be reached. Your request is kept and will be sent later. You can go on working.
error-timed-out = The helpdesk does not answer. Your request is kept and will be sent later. You can go on working.
error-busy = The helpdesk is busy. Your request is kept and will be sent in a moment. There is nothing to do.
error-unauthorized = The helpdesk does not accept your sign-in any more. Your requests are kept here. Sign in again, and they are sent.
error-sign-in-needed = The helpdesk wants to know that it is you. Sign in, and what you write here is sent in your name.
error-forbidden = The helpdesk does not allow this. What you wrote is kept. Your IT department can say why.
error-refused = The helpdesk refuses this request. It is kept here. Your IT department can say why.
error-helpdesk-changed = Your IT department changed the helpdesk. This was on its way to the one before, and may be there. Send it again if nobody has answered it, or take it back.
error-not-offered = The helpdesk does not offer this. Nothing was sent, and what you wrote is kept.
error-start-over = The helpdesk wants to be asked from the beginning. Nothing is lost; Deskside does it by itself.
error-bad-answer = The helpdesk answered something that Deskside does not understand. Your request is kept and will be sent later.
error-version-mismatch = Deskside was updated while it was open. Nothing is lost. Close it and open it again. If you still see this, restart this computer.
error-decided-by-policy = Your IT department decided this. It cannot be changed here.
error-agent-lost = Deskside’s background part does not answer. Nothing is lost: what you write stays in this window until it is back.
error-internal = Something went wrong in Deskside. What was kept is still there. Please try again.

## Notices: true for every screen

notice-not-enrolled = This computer is not connected to a helpdesk yet. You can write requests; they are kept until it is.
notice-unreachable = The helpdesk cannot be reached just now. You can go on: everything is kept and sent later.
notice-timed-out = The helpdesk does not answer just now. You can go on: everything is kept and sent later.
notice-busy = The helpdesk is busy just now. You can go on: everything is kept and sent in a moment.
notice-unauthorized = The helpdesk does not accept your sign-in any more. Your requests are kept. Sign in again, and they are sent.
notice-keyring-unavailable = The keyring of this computer is locked or missing. Deskside works, and may have to be connected again after a restart.
notice-settings-unreadable = Some of your settings could not be read. The usual ones are in force there. Open Settings to choose again.
notice-policy-unreadable = Some of what your IT department decided for this computer could not be read. Tell them when you can.
notice-store-damaged = What Deskside had kept on this computer was damaged and set aside. Requests that were already sent are safe at the helpdesk.
notice-store-version = What is kept on this computer was written by another version of Deskside. Nothing is lost, and nothing new can be kept until your IT department installs the newer version again.
notice-store-unwritable = This computer’s disk is full or locked: nothing new can be kept. Free some space before you write.
notice-version-mismatch = Deskside was updated while it was open. Close it and open it again. If you still see this, restart this computer.

## Sections of the facts, and what they are for

section-device = This computer
section-device-purpose = So that the helpdesk knows which computer it is.
section-system = Operating system
section-system-purpose = Many problems belong to one version.
section-processor = Processor
section-processor-purpose = Shows whether the computer is overworked.
section-memory = Memory
section-memory-purpose = Shows whether programs have enough room to work.
section-disks = Disks
section-disks-purpose = A full or failing disk causes many other problems.
section-network = Network
section-network-purpose = Shows where a connection stops.
section-power = Power and battery
section-power-purpose = Shows whether the battery is empty or worn.
section-displays = Screens
section-displays-purpose = For problems with the picture.
section-printers = Printers
section-printers-purpose = Shows which printer stopped, and why.
section-media = Sound and camera
section-media-purpose = For problems in calls and meetings.
section-programs = Programs running
section-programs-purpose = Shows what keeps the computer busy. Names only, never what is in them.
section-services = Background services
section-services-purpose = Shows which part of the system has failed.
section-log = Error messages
section-log-purpose = What the system wrote down in the last 30 minutes. Names and passwords are taken out.
section-crashes = Crashed programs
section-crashes-purpose = Shows which programs stopped by themselves.
section-security = Protection
section-security-purpose = Encryption, firewall and updates that wait.
section-locale = Language and keyboard
section-locale-purpose = For problems with letters, dates and keys.
section-user = Your account
section-user-purpose = So that the helpdesk knows whom to answer and which rights you have.

sensitivity-machine = About the machine only
sensitivity-surroundings = Tells what it is connected to
sensitivity-person = Tells something about you

failure-timed-out = This took too long and was left out. The rest goes on.
failure-unavailable = This computer has nothing to say about it.
failure-denied = Deskside has no right to look at this.
failure-broken = This could not be read. The rest goes on.

## Findings: $subject is the thing concerned, $value the number that shows it

finding-disk-nearly-full = The disk { $subject } is nearly full: { $value }% left.
finding-disk-full = The disk { $subject } is full: { $value }% left.
finding-disk-read-only = The disk { $subject } can only be read, not written.
finding-drive-failing = The drive { $subject } reports a fault.
finding-memory-low = Memory is nearly used up: { $value }% left.
finding-memory-killed = { $value ->
    [one] A program was ended because memory ran out.
   *[other] { $value } programs were ended because memory ran out.
}
finding-processor-busy = The processor is very busy: { $value }%.
finding-processor-hot = The processor is hot: { $value } °C.
finding-network-down = There is no network connection.
finding-gateway-unreachable = This computer is on a network that does not answer (router { $subject }).
finding-name-server-unreachable = Sites cannot be found by their names: the name server { $subject } does not answer.
finding-captive-portal = This network asks for a sign-in page first.
finding-wifi-weak = The Wi-Fi signal is weak: { $value }%.
finding-server-unreachable = The server { $subject } cannot be reached.
finding-battery-low = The battery is nearly empty: { $value }%.
finding-battery-worn = The battery has aged: it holds { $value }% of what it once did.
finding-printer-stopped = The printer { $subject } has stopped.
finding-printer-queue = { $value ->
    [one] One job waits for the printer { $subject }.
   *[other] { $value } jobs wait for the printer { $subject }.
}
finding-service-failed = The service { $subject } has failed.
finding-program-crashed = The program { $subject } crashed.
finding-restart-pending = An update waits for a restart.
finding-long-uptime = { $value ->
    [one] This computer has been on for one day.
   *[other] This computer has been on for { $value } days.
}
finding-security-updates = { $value ->
    [one] One security update waits.
   *[other] { $value } security updates wait.
}
finding-disk-not-encrypted = The system’s disk is not encrypted.
finding-firewall-off = The firewall is off.
finding-sound-muted = The sound is muted.

severity-notice = Good to know
severity-warning = Attention
severity-critical = Serious

## Requests

state-new = Arrived. Nobody has taken it on yet.
state-in-progress = A technician has taken it on.
state-waiting-for-requester = The helpdesk waits for your answer.
state-on-hold = On hold: passed on, or waiting for a part or a date.
state-solved = Said to be solved. Please confirm.
state-closed = Finished.

state-new-short = Arrived
state-in-progress-short = In progress
state-waiting-for-requester-short = Your answer is needed
state-on-hold-short = On hold
state-solved-short = Solved?
state-closed-short = Finished

can-work-yes = Yes
can-work-with-difficulty = With difficulty
can-work-no = No
affected-only-me = Only me
affected-others = Others too
affected-unknown = I don’t know
category-computer = The computer itself
category-network = Network and Wi-Fi
category-printing = Printing and scanning
category-mail = Mail and calendar
category-program = A program or web site
category-access = Sign-in and access
category-meetings = Sound, camera, meetings
category-other = Something else
level-low = Low
level-medium = Medium
level-high = High

## The doctor’s checks

doctor-store = What is kept on this computer
doctor-keyring = Keyring
doctor-tray = Icon in the tray
doctor-notifications = Notifications
doctor-helpdesk = Connection to the helpdesk
doctor-enrolment = This computer’s access to the helpdesk
doctor-window = The window
doctor-socket = Connection between the window and Deskside
doctor-screen = Pictures of the screen
doctor-shortcut = Shortcut for reporting a problem
doctor-facts = Looking at this computer
doctor-policy = Settings from your IT department
doctor-autostart = Start with the session
doctor-disk = Free space for your requests
doctor-settings = Your settings
doctor-logs = Log files
doctor-outbox = What waits to be sent

health-good = Works
health-degraded = Works, with less
health-broken = Does not work

## Facts: one label for each field, and words for values that are codes

fact-at = When
fact-host-name = Name in the network
fact-maker = Maker
fact-model = Model
fact-serial = Serial number
fact-chassis = Kind of computer
fact-chassis-desktop = Desktop
fact-chassis-laptop = Laptop
fact-chassis-tablet = Tablet
fact-chassis-server = Server
fact-chassis-virtual = Virtual machine
fact-chassis-other = Other
fact-virtualisation = Runs inside
fact-firmware = Firmware
fact-name = Name
fact-version = Version
fact-build = Build
fact-kernel = Kernel
fact-architecture = Architecture
fact-booted-at = Started
fact-restart-pending = A restart is due
fact-restart-reasons = What asks for the restart
fact-time-zone = Time zone
fact-utc-offset-minutes = Minutes from UTC
fact-desktop = Desktop environment
fact-session-type = Kind of session
fact-cores = Cores
fact-threads = Logical processors
fact-frequency-mhz = Frequency
fact-busy-percent = Busy
fact-load = Load over 1, 5 and 15 minutes
fact-pressure-percent = Time spent waiting
fact-temperature-celsius = Temperature
fact-total-bytes = Size
fact-available-bytes = Still available
fact-swap-total-bytes = Swap space
fact-swap-used-bytes = Swap space in use
fact-killed-for-memory = Programs ended for lack of memory
fact-volumes = Volumes
fact-drives = Drives
fact-mount = Place
fact-file-system = File system
fact-free-bytes = Free
fact-free-inodes-percent = Room for more files
fact-read-only = Read only
fact-remote = On another machine
fact-kind = Kind
fact-kind-solid = Solid state
fact-kind-rotating = Rotating disk
fact-kind-removable = Removable
fact-kind-wired = Cable
fact-kind-wireless = Wi-Fi
fact-kind-mobile = Mobile network
fact-kind-vpn = VPN
fact-kind-virtual = Virtual
fact-kind-other = Other
fact-health = Health
fact-health-good = Good
fact-health-failing = Reports a fault
fact-health-unknown = Cannot be asked
fact-wear-percent = Wear
fact-interfaces = Connections
fact-gateways = Gateways
fact-name-servers = Name servers
fact-domains = Domains
fact-proxy = Proxy
fact-vpn-up = VPN connected
fact-connectivity = Connection
fact-connectivity-none = None
fact-connectivity-limited = Connected, but the outside cannot be reached
fact-connectivity-portal = A sign-in page comes first
fact-connectivity-full = Working
fact-connectivity-unknown = Not known
fact-servers = Helpdesk servers
fact-up = Connected
fact-mac = Hardware address
fact-addresses = Addresses
fact-speed-mbit = Speed
fact-mtu = Largest packet
fact-wifi = Wi-Fi
fact-errors = Packets lost
fact-signal-percent = Signal
fact-signal-dbm = Signal at the antenna
fact-target = Address
fact-reachable = Answers
fact-answer-ms = Answer time
fact-detail = Detail
fact-on-mains = Plugged in
fact-batteries = Batteries
fact-charge-percent = Charge
fact-state = State
fact-state-idle = Ready
fact-state-processing = Printing
fact-state-stopped = Stopped
fact-state-unknown = Not known
fact-state-charging = Charging
fact-state-discharging = Discharging
fact-state-full = Full
fact-state-not-charging = Not charging
fact-capacity-percent = Capacity compared with new
fact-cycles = Charge cycles
fact-minutes-left = Minutes left
fact-displays = Screens
fact-adapters = Graphics adapters
fact-width-px = Width
fact-height-px = Height
fact-refresh-hz = Pictures per second
fact-primary = Main screen
fact-printers = Printers
fact-location = Place
fact-default = Default
fact-reasons = Reasons
fact-accepting = Takes new jobs
fact-jobs = Jobs waiting
fact-uri = Address
fact-sound = Sound cards
fact-endpoints = Inputs and outputs
fact-cameras = Cameras
fact-input = Microphone
fact-muted = Muted
fact-volume-percent = Volume
fact-running = Processes running
fact-by-processor = Busiest programs
fact-by-memory = Largest programs
fact-processes = Processes
fact-processor-percent = Processor
fact-memory-bytes = Memory
fact-failed = Failed services
fact-description = Description
fact-result = Result
fact-since = Since
fact-of-user = Belongs to the user
fact-lines = Messages
fact-left-out = Messages left out
fact-source = From
fact-severity = Severity
fact-message = Message
fact-times = How often
fact-crashes = Crashes
fact-program = Program
fact-reason = Reason
fact-disk-encrypted = Disk encrypted
fact-firewall-on = Firewall on
fact-firewall = Firewall
fact-updates-pending = Updates waiting
fact-security-updates-pending = Security updates waiting
fact-updates-checked-at = Updates last looked for
fact-secure-boot = Secure start
fact-antivirus = Virus protection
fact-language = Language
fact-formats = Formats
fact-keyboards = Keyboards
fact-encoding = Encoding
fact-login = Sign-in name
fact-display-name = Name
fact-domain = Domain
fact-groups = Groups
fact-administrator = Administrator
fact-other-sessions = Others signed in
fact-none = None
fact-not-said = This computer does not say: { $fields }

## One line for each section, before it is opened

summary-device = { $what }
summary-system = { $what }
summary-processor = { $threads ->
    [one] 1 processor, { $busy } busy
   *[other] { $threads } processors, { $busy } busy
}
summary-processor-idle = { $threads ->
    [one] 1 processor
   *[other] { $threads } processors
}
summary-memory = { $free } free of { $total }
summary-disks = { $free } free on { $mount }
summary-network-ok = Connected
summary-network-limited = Connected, the outside cannot be reached
summary-network-portal = A sign-in page comes first
summary-network-none = No connection
summary-power-mains = On mains
summary-power-battery = On battery, { $charge }
summary-power-charging = On mains, battery { $charge }
summary-screens = { $count ->
    [0] None
    [one] 1 screen
   *[other] { $count } screens
}
summary-printers = { $stopped ->
    [0] { $count }
    [one] { $count }, 1 stopped
   *[other] { $count }, { $stopped } stopped
}
summary-media = { $sound ->
    [one] 1 sound card
   *[other] { $sound } sound cards
}, { $cameras ->
    [0] no camera
    [one] 1 camera
   *[other] { $cameras } cameras
}
summary-programs = { $count ->
    [one] 1 running, names only
   *[other] { $count } running, names only
}
summary-services = { $count ->
    [0] All run
    [one] 1 failed
   *[other] { $count } failed
}
summary-log = { $count ->
    [0] No error
    [one] 1 message
   *[other] { $count } messages
}
summary-crashes = { $count ->
    [0] None
    [one] 1 crash
   *[other] { $count } crashes
}
summary-security-ok = Nothing unusual
summary-security-updates = { $count ->
    [one] 1 security update waits
   *[other] { $count } security updates wait
}
summary-locale = { $what }
summary-user = { $what }
summary-failed = Could not be read
summary-collecting = Still looking…
summary-missing = Nothing to show

# How the computer was when it happened
health-around = Around { $time }
health-processor = Processor
health-memory = Memory
health-disk = Disk
health-network = Network
health-unknown = not measured
health-between = { $low } to { $high }
health-network-ms = { $ms } ms
health-network-down = not connected
health-network-silent = no answer
health-network-lost = { $count ->
    [one] lost once
   *[other] lost { $count } times
}
health-no-helpdesk = helpdesk not reached

## What is looked at, what is wrong, what it means, and what IT does about it

connect-step-address = Address
connect-step-name = Name of the server
connect-step-proxy = Way through the company’s proxy
connect-step-reach = Server reached
connect-step-secure = Protected connection
connect-step-answer = Web server
connect-step-kind = Kind of helpdesk
connect-step-interface = Interface for programs
connect-step-sign-in = Sign-in
connect-step-rights = Rights

connect-outcome-broken = It cannot be connected like this.
connect-outcome-credential-wanted = All is well so far. A token is still needed.
connect-outcome-ready = All is well: it can be connected.
connect-outcome-in-browser = Go on in the browser that has opened.
connect-outcome-connected = It is connected.

helpdesk-kind-hub = Deskside hub
helpdesk-kind-glpi = GLPI
helpdesk-kind-mantis = MantisBT
helpdesk-kind-request-tracker = Request Tracker

helpdesk-field-queue = Queue
helpdesk-field-project = Project
helpdesk-field-category = Category
helpdesk-field-entity = Entity (number)
helpdesk-field-app-token = Application token
helpdesk-field-client-id = OAuth client: identity
helpdesk-field-client-secret = OAuth client: secret
helpdesk-field-language = Language of what technicians read

connect-problem-address-wrong = This is not an address.
connect-help-address-wrong = Use the address with which the helpdesk opens in a browser: https://helpdesk.example.com/. A name and password do not belong in it.
connect-problem-address-insecure = This helpdesk does not protect what is sent to it. Deskside sends nothing there.
connect-help-address-insecure = Give the helpdesk’s web server a certificate (https). Deskside sends no credential over http, except to this very computer.
connect-problem-decided-by-policy = Your IT department decided which helpdesk this computer uses.
connect-help-decided-by-policy = The policy on this computer fixes the helpdesk, the way to sign in or a field (helpdesk_url, helpdesk_kind, helpdesk_sign_in, helpdesk_fields). Change it there.
connect-problem-dns-unknown = There is no server of this name. Check the address for a typing error.
connect-help-dns-unknown = The name servers of this computer do not know this name. If it is an internal one, see whether the computer must be in the company’s network or VPN; else add the name.
connect-problem-dns-failed = Server names cannot be looked up just now. Check this computer’s network.
connect-help-dns-failed = No name server answers this computer. Check its network, VPN and the name servers that DHCP gives it.
connect-problem-proxy-unreachable = The company’s way to the internet does not answer.
connect-help-proxy-unreachable = The proxy in this computer’s settings cannot be reached. Correct the proxy, or exempt the helpdesk from it (on Linux: NO_PROXY).
connect-problem-proxy-refused = The company’s way to the internet does not let Deskside through to this address.
connect-help-proxy-refused = The proxy refuses CONNECT to this server and port. Allow them there, or exempt the helpdesk from the proxy.
connect-problem-proxy-needs-sign-in = The company’s way to the internet wants a sign-in that Deskside does not have.
connect-help-proxy-needs-sign-in = The proxy answers 407. Exempt the helpdesk from its sign-in, or give its name and password in the system’s proxy setting (on Linux: HTTPS_PROXY=http://name:password@proxy:port).
connect-problem-refused = The server is there, but no helpdesk runs on it.
connect-help-refused = Nothing listens on this port. See that the web server runs, that the port in the address is right, and that no firewall refuses it.
connect-problem-timed-out = Nothing answers at this address.
connect-help-timed-out = There was no answer in time. Usually a firewall drops the packets, the VPN is missing, or the server is down.
connect-problem-no-route = This computer has no network that leads there.
connect-help-no-route = The system knows no way to the server. Check the network connection, the VPN and the routes.
connect-problem-broken-off = The connection broke off.
connect-help-broken-off = The other end, or something in between (a firewall that inspects, a load balancer), closed the connection. Look into its log.
connect-problem-tls-untrusted = This computer does not trust the server’s certificate. Nothing was sent.
connect-help-tls-untrusted = Install the certificate authority in this computer’s system store, or name its file in the policy (ca_file). See also that the server sends its whole chain.
connect-problem-tls-expired = The server’s certificate is not valid today. Check that this computer’s date and time are right.
connect-help-tls-expired = Renew the server’s certificate, or set this computer’s clock.
connect-problem-tls-wrong-name = The server’s certificate belongs to another address. Nothing was sent.
connect-help-tls-wrong-name = Use the name that is in the certificate, or have a certificate made that holds this name (subjectAltName).
connect-problem-tls-revoked = The server’s certificate was withdrawn. Nothing was sent.
connect-help-tls-revoked = Install a new certificate on the server.
connect-problem-tls-failed = No protected connection could be made.
connect-help-tls-failed = What answers does not speak TLS 1.2 or 1.3, or speaks none on this port. Check port and web server.
connect-problem-client-certificate-needed = The server wants proof that this computer belongs to the company, and it has none.
connect-help-client-certificate-needed = The server asks for a client certificate. Name its PEM file (certificate and key) in the policy: client_certificate_file.
connect-problem-client-certificate-refused = The server does not accept this computer’s certificate.
connect-help-client-certificate-refused = The file in client_certificate_file cannot be read, has run out, or was signed by an authority that the server does not accept.
connect-problem-ca-file-unreadable = Something that IT set up on this computer cannot be read.
connect-help-ca-file-unreadable = The file in ca_file is missing, is not readable for this user, or holds no certificate in PEM.
connect-problem-redirected = This address leads somewhere else. Use the address that your browser ends up at.
connect-help-redirected = The web server redirects to another server. Use that address, if it is the helpdesk’s; if it is a sign-in page of the network, sign in there first.
connect-problem-sign-in-in-front = Something in front of the helpdesk wants a sign-in of its own, and Deskside cannot give it.
connect-help-sign-in-in-front = The web server or a portal (SSO, basic authentication) stands before the interface for programs. Exempt its path: apirest.php and api.php (GLPI), api/rest (MantisBT), REST/2.0 (Request Tracker).
connect-problem-server-failing = The helpdesk’s server has a fault of its own.
connect-help-server-failing = The web server answers with an error (HTTP 5xx). Look into its log.
connect-problem-busy = The helpdesk asks to wait a little. Try again later.
connect-help-busy = The server answers with a rate limit or is under maintenance.
connect-problem-wrong-path = The server is there, but the helpdesk is not at this address.
connect-help-wrong-path = Nothing that Deskside knows lies at this path, nor at the usual ones below the server. Use the address with which the helpdesk opens in a browser.
connect-problem-not-a-helpdesk = There is something at this address, but no helpdesk that Deskside knows.
connect-help-not-a-helpdesk = Deskside speaks to a Deskside hub, GLPI 10 and 11, MantisBT 2 and Request Tracker 5. See that the address is theirs and no portal answers instead.
connect-problem-other-kind = This is another kind of helpdesk than was chosen.
connect-help-other-kind = Let Deskside find out what it is, or correct helpdesk_kind in the policy.
connect-problem-api-off = The helpdesk is there, but does not let programs like Deskside in.
connect-help-api-off = Switch the interface for programs on. GLPI: Setup, General, API (legacy REST API and sign-in with external token). MantisBT: $g_webservice_rest_enabled. Request Tracker: REST 2 is part of RT 5; see that the web server passes /REST/2.0 on, with the Authorization header.
connect-problem-api-from-this-address-forbidden = The helpdesk does not let this computer in from the network it is on.
connect-help-api-from-this-address-forbidden = In GLPI, Setup, General, API: no API client is active for this computer’s IP address. Widen its range, or leave it empty.
connect-problem-app-token-missing = The helpdesk wants to know the program, too. Your IT department has the token for that.
connect-help-app-token-missing = In GLPI, the API client has an application token. Put it into the field app_token, or remove it from the API client.
connect-problem-app-token-wrong = The helpdesk does not know the program’s token.
connect-help-app-token-wrong = Compare the field app_token with the application token of the API client in GLPI (Setup, General, API).
connect-problem-oauth-client-wrong = The helpdesk does not know Deskside as a program that people sign in with.
connect-help-oauth-client-wrong = In GLPI 11, Setup, OAuth clients: make a client with the grant “authorization code”, the scope “api” and the redirect http://127.0.0.1. Put its identity into client_id (and its secret into client_secret).
connect-problem-browser-sign-in-failed = The sign-in in the browser was not finished. Try again.
connect-help-browser-sign-in-failed = The provider refused, or nothing came back in time. The detail holds its words.
connect-problem-token-wrong = The helpdesk does not know this token. Copy it again, whole.
connect-help-token-wrong = The token is wrong, was withdrawn, or its account is disabled. In GLPI it must be the “API token” of the user’s own settings, and sign-in with external tokens be allowed.
connect-problem-token-expired = This token has run out. Make a new one in the helpdesk.
connect-help-token-expired = The token’s time is over, or an enrolment token was used as often as it may be. Make a new one.
connect-problem-right-missing = You are known there, but may not do what Deskside needs. Your IT department can allow it.
connect-help-right-missing = Whoever signed in lacks a right; the detail names it. See docs/helpdesks.md for the rights of each helpdesk.
connect-problem-field-wrong = Something that the helpdesk was told does not fit: a queue, project or number that is not there.
connect-help-field-wrong = Correct the field that the detail names, or leave it out.
connect-problem-too-old = The helpdesk is too old for Deskside.
connect-help-too-old = Deskside speaks to GLPI 10 and 11, MantisBT 2 and Request Tracker 5. Update the helpdesk.
connect-problem-bad-answer = The helpdesk answers something that Deskside does not understand.
connect-help-bad-answer = The answer is not the helpdesk’s protocol; usually something in between changed it. The detail holds what was seen.
connect-problem-not-kept = All is well there, but this computer could not keep the connection.
connect-help-not-kept = The keyring or the settings file of this user cannot be written.
connect-problem-in-doubt = Some requests were on their way to the helpdesk of before, and may have arrived there. They wait in My requests until you decide.
connect-help-in-doubt = So that none arrives twice, Deskside sends to a new helpdesk only what cannot have reached the one before. The others are in My requests: send them again, or take them back.
