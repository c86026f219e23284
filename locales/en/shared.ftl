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
error-unauthorized = The helpdesk does not recognise this computer any more. Your requests are kept here. Tell your IT department.
error-sign-in-needed = The helpdesk wants to know that it is you. Sign in, and what waits here is sent.
error-forbidden = The helpdesk does not allow this. What you wrote is kept. Your IT department can say why.
error-refused = The helpdesk refuses this request. It is kept here. Your IT department can say why.
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
notice-unauthorized = The helpdesk does not recognise this computer any more. Your requests are kept. Tell your IT department.
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
