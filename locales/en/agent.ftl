# What the agent says without the window: tray, notifications, command line, entries in the system's menus.

## Tray

tray-open = Open Deskside
tray-report = Report a problem
tray-report-with-picture = Report a problem with a picture of the screen
tray-requests = My requests
tray-requests-new =
    { $count ->
        [one] My requests ({ $count } new answer)
       *[other] My requests ({ $count } new answers)
    }
tray-quit = Quit Deskside
# The tooltip: what the shape of the icon says, in words.
tray-tip-ready = Ready. Something not working? Click here.
tray-tip-unread =
    { $count ->
        [one] { $count } new answer from the helpdesk.
       *[other] { $count } new answers from the helpdesk.
    }
tray-tip-waiting =
    { $count ->
        [one] { $count } request is kept and will be sent.
       *[other] { $count } requests are kept and will be sent.
    }
tray-tip-parked =
    { $count ->
        [one] { $count } request could not be sent. Please have a look.
       *[other] { $count } requests could not be sent. Please have a look.
    }
tray-tip-offline = The helpdesk cannot be reached. You can still report a problem: it is kept.
tray-tip-not-enrolled = Not connected to a helpdesk yet. You can still report a problem: it is kept.
tray-tip-refused = The helpdesk does not accept your sign-in. Requests are kept. Open Deskside to sign in again.

## Notifications

notify-answer = { $author } answered
notify-answer-nobody = The helpdesk answered
notify-answer-body = “{ $title }” – { $text }
notify-solved = Your request is said to be solved
notify-solved-body = “{ $title }”. Does it work again?
notify-waiting-for-you = The helpdesk needs something from you
notify-state = Your request has moved on
notify-delivered = Your request has arrived
notify-delivered-body = “{ $title }”. Its number is { $number }.
notify-parked = A request could not be sent
notify-parked-body = “{ $title }”. It is kept on this computer. Please have a look.
notify-parked-reply = Your answer could not be sent
notify-parked-files = A file was refused
notify-parked-files-body = “{ $title }”. Everything else has arrived. Please have a look.
notify-about = { $title }
notify-several =
    { $count ->
        [one] { $count } update on your requests
       *[other] { $count } updates on your requests
    }
notify-several-line = { $what }: “{ $title }”
notify-several-more =
    { $count ->
        [one] … and { $count } more
       *[other] … and { $count } more
    }
notify-read = Read the answer
notify-look = Have a look
notify-window-failed = The window did not open
notify-window-failed-body = What you wrote is kept. Try again; if it happens once more, run “deskside doctor”.
notify-screen-failed = No picture of the screen

## Command line: what it is about

cli-about = Report a problem to the helpdesk, with what a technician needs to know.
cli-about-run = Without a command, Deskside starts and stays in the tray. If it runs already, its window opens.
cli-usage = Usage:
cli-command = command
cli-commands = Commands
cli-options = Options
cli-arguments = Arguments
cli-run = Stays in the tray, without opening a window
cli-help = Shows this help
cli-version = Shows the version
cli-json = Answers as JSON, for programs
cli-report = Reports a problem from here
cli-report-text = What is happening, in your words
cli-report-screenshot = Adds a picture of the whole screen
cli-report-yes = Sends without asking
cli-facts = Shows what this computer says about itself
cli-doctor = Checks every part of Deskside and says what to do
cli-requests = Lists my requests
cli-show = Opens the window
cli-show-screen = Which part of it
cli-open = Opens a deskside:// link of a page or a message
cli-open-link = The link
cli-quit = Ends Deskside
cli-enrol = Connects this computer to a helpdesk
cli-enrol-hub = Address of the helpdesk
cli-enrol-token = Token from your IT department; “-” reads it from the standard input
cli-doctor-helpdesk = Looks at a helpdesk step by step and says what to do
cli-connect = Connects this computer to a helpdesk that your company runs
cli-disconnect = Disconnects the helpdesk; what waits to be sent is kept
cli-connect-url = Address of the helpdesk, as a browser opens it
cli-connect-kind = What it is; found out if it is left out
cli-connect-way = How to sign in
cli-connect-field = What the helpdesk is told besides, such as queue=General
cli-connect-credential = File with the token; without it you are asked
cli-connect-prompt = Token:
cli-for-it = For IT: { $advice }
cli-disconnected = This computer is disconnected from its helpdesk.
cli-exit-codes =
    Exit codes: 0 done, a request is sent or kept; 1 it failed; 2 wrong arguments; 3 Deskside could not be reached or
    started; 4 you said no; 5 the doctor found something that does not work, or a helpdesk could not be connected.

## Command line: what it says

cli-this-is-sent = This will be sent to { $destination }:
cli-the-helpdesk = the helpdesk, once this computer is connected to one
cli-your-text = What you wrote
cli-picture = A picture of the screen, { $width } × { $height }
cli-held-back = Not sent: { $sections }
cli-nothing = nothing
cli-collecting = Still looking at this computer…
cli-send-question = Send it? [y/N]
# The letter that means yes.
cli-yes-letter = y
cli-not-sent = Nothing was sent. The draft is kept; it is there when you open Deskside.
cli-sent = Sent. Its number is { $number }.
cli-kept = Kept on this computer. It will be sent as soon as the helpdesk can be reached. There is nothing to do.
cli-no-requests = There are no requests yet.
cli-more-requests = … and { $count } more; the newest are listed.
cli-number = No. { $number }
cli-not-yet-sent = not sent yet
cli-needs-a-look = could not be sent
cli-unread = new answer
cli-sign-in = Signs you in where your helpdesk asks for it
cli-sign-in-begun = Your browser is open. Sign in there.
sign-in-done = You are signed in. You can close this page.
sign-in-failed = That did not work, and nothing is lost. Close this page and sign in again from Deskside.
cli-enrolled = This computer is connected to { $helpdesk }.
cli-not-running = Deskside does not run.
cli-cannot-start = Deskside could not be started: { $reason }
cli-shown = The window opens.
cli-ended = Deskside has ended.
cli-no-answer = Deskside does not answer: { $reason }
cli-findings = What is unusual
cli-all-well = Nothing unusual.
cli-failed = could not be read
cli-what-to-do = What to do: { $advice }
cli-doctor-good = All is well.
cli-doctor-bad =
    { $count ->
        [one] { $count } thing needs attention.
       *[other] { $count } things need attention.
    }

## What to do about what the doctor found

advice-store = Free some space on the disk, and see that your home folder can be written. Requests that were sent are safe at the helpdesk.
advice-keyring = Unlock the keyring of this computer (it opens with your sign-in password), or ask IT for one. Until then Deskside must be connected again after a restart.
advice-tray = Switch on the tray in your desktop’s settings (on GNOME: the extension “AppIndicator”). Until then open Deskside from the menu of programs.
advice-notifications = Switch notifications on in your desktop’s settings. Until then answers show in the tray and in the window.
advice-screen = No picture can be taken here. Add one as a file instead.
advice-shortcut = Choose other keys in Deskside’s Settings: another program or the desktop has these, or this keyboard lacks them. The icon and its menu do the same.
advice-helpdesk = See whether other sites open. If they do, the helpdesk is down or the address is wrong: tell IT. Requests are kept until then.
advice-enrolment = Ask IT for a token, then run: deskside enrol --hub ADDRESS --token TOKEN
advice-window = Install Deskside again: the program of its window is missing or damaged. The command line works without it.
advice-policy = Tell IT that the policy on this computer cannot be read in full.
advice-settings = Open Settings in Deskside and choose again; the damaged file is set aside.
advice-disk = Free some space: less than 100 MB are left where Deskside keeps your requests.
advice-logs = See that the folder of the log can be written. Deskside works without it.
advice-socket = End Deskside and start it again. If it stays, run “deskside doctor” and send the result to IT.
advice-autostart = Switch “Start with the session” off and on again in Settings.
advice-facts = What could not be looked at is left out of your request. Nothing to do.
advice-outbox = Open My requests and look at those that could not be sent.

## What technicians read in the ticket (crates/helpdesk, layout)

desk-can-work = Can still work
desk-affected = Who is affected
desk-about = About
desk-when = When it happened
desk-up-to = { $what } up to { $value }
desk-network-lost =
    { $count ->
        [one] network lost in { $count } of { $total } samples
       *[other] network lost in { $count } of { $total } samples
    }
desk-unusual = What is unusual on this computer
desk-more-findings =
    { $count ->
        [one] { $count } more in the report
       *[other] { $count } more in the report
    }
desk-nothing-unusual = Nothing unusual was found on this computer.
desk-computer = Computer
desk-serial = serial number { $serial }
desk-system = System
desk-memory = Memory
desk-disk = Disk
desk-free = { $free } free of { $total }
desk-network = Network
desk-no-network = not connected
desk-user = User
desk-administrator = administrator of this computer
desk-not-read = Could not be read
desk-attached = Attached
desk-screenshot = { $name }, picture of the screen ({ $size })
desk-file = { $name } ({ $size })
desk-all-facts = Everything the computer said: { $page } (to read), { $json } (for programs)
desk-made-by = { $program }, { $date }
desk-files-not-taken = These files did not come along:
desk-files-only-there = These files can only be opened in the helpdesk itself:
desk-reply-not-taken = The helpdesk did not take your message:
desk-confirm-not-taken = The helpdesk did not accept that this request is closed.
desk-reopen-not-taken = The helpdesk did not open this request again:
desk-rating-not-taken = The helpdesk did not take your rating.
desk-not-taken-why = Its reason: { $why }
desk-takes-no-files = the helpdesk takes no files by this interface
desk-asks-to-close = It works again: please close this request.
desk-asks-to-reopen = It does not work yet: please open this request again.
desk-report = Report
desk-requester-says = In the requester’s words
desk-all-sections = What the computer said
desk-around-then = How the computer was then
desk-not-said = Not told by this computer: { $fields }
