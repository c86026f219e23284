# The console's own texts: technicians and administrators read them, so they say ticket, device and finding.
# Errors say what happened, what is safe, what to do.

console-name = Deskside console
console-menu = Pages
console-skip = Go to the page’s title
console-tickets = Tickets
console-devices = Devices
console-enrolment = Enrolment
console-people = People
console-account = Your account
console-help = Keys
console-live = Live
console-reconnecting = Reconnecting…
console-offline = Offline
console-not-here = There is nothing at this address
console-not-here-help = It may have been typed wrong, or what was here is gone.
console-not-allowed = This page is for administrators
console-not-allowed-help = Your account works on tickets. An administrator can change that.
console-to-tickets = Go to the tickets
console-copy = Copy: { $name }
console-copied = Copied: { $name }
console-copy-failed = The browser does not allow copying here. Select the text and copy it yourself.

## Errors, where the shared texts would speak to employees

console-error-bad-request = The hub did not understand this. Nothing was changed. Reload the page; the hub may have been updated.
console-error-not-found = This is not there, or no longer. Nothing was changed.
console-error-text-too-long = The text is too long. It is still here: shorten it, then send again.
console-error-text-missing = There is no text yet.
console-error-wrong-state = The ticket has moved on in the meantime. What you wrote is still here: look at its state, then try again.
console-error-unreachable = The hub cannot be reached. What you typed is still here. Check your connection, then try again.
console-error-timed-out = The hub does not answer. What you typed is still here. Try again in a moment.
console-error-busy = The hub asks to wait. What you typed is still here. Try again in a moment.
console-error-unauthorized = You are not signed in any more. What you typed is still here.
console-error-forbidden = Your account may not do this. Nothing was changed. An administrator can help.
console-error-refused = The hub refuses this. Nothing was changed; the detail says why.
console-error-bad-answer = Something between this page and the hub answered in its place. Nothing is known to have changed. Try again, or ask whoever runs the network.
console-error-internal = Something went wrong in the hub. What you typed is still here. Try again; the detail helps whoever runs the hub.

## Signing in

console-sign-in = Sign in
console-signing-in = Signing in…
console-sign-out = Sign out
console-login = Sign-in name
console-login-missing = Enter your sign-in name.
console-login-taken = This sign-in name exists already.
console-password = Password
console-password-missing = Enter the password.
console-show-password = Show the password
console-sign-in-wrong = The sign-in name or the password is wrong.
console-sign-in-wait = Too many attempts. Try again { $wait }.
console-wait-unknown = in a moment
console-wait-seconds = { $count ->
    [one] in one second
   *[other] in { $count } seconds
}
console-wait-minutes = { $count ->
    [one] in one minute
   *[other] in { $count } minutes
}
console-session-over = Please sign in again
console-session-over-help = Your session has ended. The page below is as you left it, and what you were sending goes on afterwards.
console-leave = Leave instead
console-first-password = Choose your own password
console-first-password-help = The password you signed in with was made by the system or by somebody else. Choose one that only you know.
console-password-current = Present password
console-password-new = New password
console-password-again = New password, once more
console-password-hint = At least { $count } characters. A few words in a row are easy to remember and hard to guess.
console-password-short = At least { $count } characters are needed.
console-password-same = The new password must differ from the present one.
console-password-differs = The two new passwords differ.
console-password-wrong = The present password is wrong. Nothing was changed.
console-password-change = Change the password
console-password-changed = The password is changed. Other sessions of yours are signed out.

## The list

console-list = List of tickets
console-count = { $count ->
    [0] none
   *[other] { $said }
}
console-found = { $count ->
    [0] No ticket found.
    [one] One ticket found.
   *[other] { $count } tickets found.
}
console-search = Search
console-search-label = Search in number, title, text, person and device
console-whose = Whose tickets
console-whose-anyone = All
console-whose-me = Mine
console-whose-nobody = Nobody’s
console-state = State
console-state-new = New
console-state-in-progress = In progress
console-state-waiting-for-requester = Waiting for requester
console-state-on-hold = On hold
console-state-solved = Solved
console-state-closed = Closed
console-state-open = All but closed
console-state-all = All, closed too
console-nothing-found = Nothing fits this search.
console-clear-filters = Show all open tickets
console-no-tickets = No open tickets. New ones appear here by themselves.
console-unread = Changed since you looked
console-awaits-answer = Awaits answer
console-findings = Findings
console-has-picture = With a picture of the screen
console-urgency = Urgency
console-urgency-high = Urgent
console-urgency-medium = Soon
console-urgency-low = Can wait
console-impact = Impact
console-impact-high = Several people
console-impact-medium = A team
console-impact-low = One person
console-assignee = Assigned to
console-me = Me

## The ticket

console-ticket = Ticket
console-panes = What to show
console-choose-ticket = Choose a ticket from the list.
console-number = Number
console-arrived = Arrived
console-me-name = { $name } (me)
console-nobody = Nobody
console-take = Take it on
console-taken = The ticket is yours.
console-given-up = The ticket is nobody’s now.
console-given-to = The ticket is { $name }’s now.
console-state-changed = State: { $state }.
console-problem = The problem
console-device = Device
console-writes-in = Writes in { $language }
console-can-work = Can still work
console-affected = Affected
console-affected-only-me = Only this person
console-affected-others = Others too
console-affected-unknown = Does not know
console-category = About
console-not-said = Not said
console-thread = Conversation
console-thread-empty = Nobody has written yet.
console-thread-grew = There is something new in the conversation.
console-helpdesk = Helpdesk
console-system = Deskside
console-internal-note = Internal note, never shown to the requester
console-rating = Rating
console-stars = { $stars ->
    [one] 1 star of 5
   *[other] { $stars } stars of 5
}
console-files = Files
console-file-coming = still on its way
console-screenshot = Picture of the screen
console-screenshot-of = Picture of { $name }’s screen
console-picture-of = Picture “{ $file }” from { $name }
console-download = Download { $file }

## Writing

console-reply = Reply
console-note = Internal note
console-continue = Continue writing
console-kind = Who will read it
console-reply-to = Reply to { $name }
console-reply-text = Your reply
console-note-text = Your internal note
console-reply-hint = What you found, what to do, what happens next…
console-note-hint = For colleagues only…
console-reply-about = { $name } reads this and is told that an answer is there.
console-note-about = Only technicians see this.
console-reply-missing = There is no text yet. A few words are enough.
console-reply-too-long = The text is too long by { $over } bytes.
console-reply-left = Room for { $left } more bytes.
console-reply-sent = Your reply is sent.
console-note-kept = Your note is kept.
console-then = Then
console-then-nothing = Leave as it is ({ $state })
console-send = Send reply
console-keep-note = Keep note
console-discard = Discard
console-file-add = Add files
console-file-limits = Up to { $count } files, { $each } each, { $all } together. Dropping and pasting work too.
console-file-sending = on its way
console-file-remove = Take { $file } back
console-file-refused = { $file }: { $why }
console-file-held = A file did not get through. Try it again or take it back, then send.

## The computer

console-computer = Computer
console-unusual = What is unusual
console-nothing-unusual = Nothing unusual was found.
console-changed = Changed since ticket { $number }
console-became = became
console-sections = Everything that was sent
console-no-facts = The requester sent nothing about the computer.
console-not-sent = Not in this ticket: { $sections }.
console-see-document = See the raw document
console-document = The raw document
console-to-ticket = Ticket { $number }
console-made-by = Made by { $program }
console-collected = Collected
console-failure-timed-out = took too long and was left out.
console-failure-unavailable = the system has no such interface.
console-failure-denied = the agent lacks the rights to look.
console-failure-broken = could not be read.
console-same-device = Other tickets of this device
console-no-other-tickets = This is its first.
console-in-use = { $share } in use
console-free-of = { $free } free of { $total }
console-used-of = { $used } of { $total }
console-answers = Answers
console-no-answer = No answer
console-link = Connected
console-no-link = No link
console-on-battery = On battery
console-no-battery = No battery
console-no-printer = No printer is set up.
console-times = { $count ->
    [one] once
   *[other] × { $count }
}
console-all-services-run = No service has failed.
console-log-empty = No errors in the last 30 minutes.
console-log-search = Search in the messages
console-log-all = all messages
console-log-left-out = { $count } more messages were left out.
console-log-emergency = Emergency
console-log-alert = Alert
console-log-critical = Critical
console-log-error = Error
console-no-crash = No program crashed in the last seven days.

## Looking at pictures

console-of-ticket = Ticket { $number }
console-zoom-in = Zoom in
console-zoom-out = Zoom out
console-fit = Fit to the page
console-actual = Actual size
console-zoomed = Zoom { $zoom }
console-fitted = All of the picture is shown.
console-previous-picture = Previous picture
console-next-picture = Next picture
console-picture-count = { NUMBER($at) } of { NUMBER($of) }
console-picture-gone = This picture is not there, or has not arrived yet.
console-picture-failed = The picture cannot be shown. It may be damaged; download it to look further.
console-viewer-keys = Arrows move, + and − zoom, 0 fits, 1 shows the actual size, Esc closes.

## Keys

console-key-move = Next and previous ticket
console-key-open = Open the ticket
console-key-reply = Reply
console-key-note = Write an internal note
console-key-take = Take the ticket on
console-key-search = Search
console-key-help = Show these keys
console-key-back = Back, close
console-key-send = Send what is written
console-keys-on = One-letter keys are on

## Devices

console-devices-about = Computers that may send tickets here.
console-no-devices = No computer is enrolled yet. Make a token under Enrolment, then use it on the computers.
console-device-search = Search by name
console-device-count = { $count ->
    [one] 1 device
   *[other] { $said } devices
}
console-platform = System
console-platform-linux = Linux
console-platform-windows = Windows
console-platform-macos = macOS
console-seen = Last heard of
console-enrolled = Enrolled
console-never = Never
console-access = Access
console-active = Active
console-revoke = Withdraw
console-revoked = Withdrawn
console-device-revoked = The access of { $name } is withdrawn.
console-revoke-device = Withdraw the access of { $name }?
console-revoke-device-text = The computer can no longer send tickets or read answers. What it has sent stays. To let it back in, enrol it again.

## Enrolment

console-enrolment-about = With a token, computers join this helpdesk. Each gets a credential of its own.
console-new-token = New token
console-no-tokens = There is no token yet. Make one to let computers join.
console-token = Token
console-token-label = What it is for
console-token-label-hint = For example: Laptops of the sales team
console-token-label-missing = Say what it is for, so that you know it again.
console-token-devices = For how many devices
console-token-uses-wrong = A whole number from 1 to { $most }.
console-token-until = Valid through
console-token-until-wrong = A day from today to a year from now.
console-token-used = Used
console-token-uses = { $used } of { $uses }
console-token-by = Made by
console-make-token = Make the token
console-token-made = The token “{ $name }” is made
console-token-once = This is the only time that it is shown. Copy it now; the hub keeps only a digest.
console-token-command = Command for one computer
console-token-kept = I have copied it
console-token-revoked = The token { $name } is withdrawn.
console-token-expired = Expired
console-token-used-up = Used up
console-revoke-token = Withdraw the token “{ $name }”?
console-revoke-token-text = No further computer can join with it. Those that have joined stay.

## People

console-people-about = Those who work on tickets, and those who run this console.
console-add-person = Add a person
console-name-of-person = Name
console-person-name-hint = Requesters see it.
console-person-name-missing = Enter the name as people say it.
console-role = Role
console-role-of = Role of { $name }
console-role-technician = Technician
console-role-administrator = Administrator
console-role-technician-about = Works on tickets.
console-role-administrator-about = Works on tickets, enrols devices, manages people.
console-first-password-label = First password
console-first-password-hint = At least { $count } characters. It must be changed at the first sign-in.
console-person-added = { $name } can sign in now.
console-person-changed = { $name }: changed.
console-you = That is you
console-inactive = Cannot sign in
console-activate = Let in again
console-deactivate = Lock out
console-deactivate-person = Lock out { $name }?
console-deactivate-text = They are signed out at once and cannot sign in. Their tickets and replies stay.
console-actions = Actions
console-reset-password = New password
console-reset-password-of = Give { $name } a new password?
console-reset-password-text = They are signed out at once and the present password stops working. You get a one-time password to pass on; at the next sign-in they choose their own.
console-password-made = A one-time password for { $name }
console-password-once = This is the only time that it is shown. Give it to them in person or by phone, not by mail. It is good for one sign-in, at which they choose their own.
console-one-time-password = One-time password
console-password-passed-on = I have passed it on
console-remove = Remove
console-remove-person = Remove { $name }?
console-remove-text = The account is gone for good, and they are signed out at once. What they wrote stays under their name; their tickets are nobody’s again.
console-person-removed = The account of { $name } is gone.

## The journal

console-journal = Journal
console-journal-about = Who changed what in people, devices and enrolment. Nothing here can be changed or removed.
console-journal-what = What
console-journal-who = Who
console-journal-when = When
console-journal-earlier = Show earlier ones
console-actor-command-line = Command line of the hub
console-actor-first-start = The hub, at its first start
console-actor-retention = The retention
console-actor-token = Token “{ $name }”
console-deed-person-added = Added the account { $subject }
console-deed-person-renamed = Changed the name of { $subject }
console-deed-role-changed = Changed the role of { $subject }
console-deed-person-locked = Locked out { $subject }
console-deed-person-unlocked = Let { $subject } in again
console-deed-password-reset = Gave { $subject } a one-time password
console-deed-password-chosen = { $subject } chose a new password
console-deed-person-removed = Removed the account { $subject }
console-deed-device-enrolled = Enrolled the computer { $subject }
console-deed-device-revoked = Withdrew the access of the computer { $subject }
console-deed-token-made = Made the token “{ $subject }”
console-deed-token-revoked = Withdrew the token “{ $subject }”
console-deed-tickets-expired = Removed tickets whose time was over: { $subject }
console-deed-diagnostics-expired = Removed what computers had said from old tickets: { $subject }
console-deed-files-expired = Removed files of old tickets: { $subject }
console-deed-personal-data-exported = Handed out what there is of a person: { $subject }
console-deed-personal-data-erased = Erased what there was of a person: { $subject }

## Privacy

console-privacy = Privacy
console-privacy-about = How long the hub keeps what it has, and what it has of one person.
console-keep = How long things are kept
console-keep-about = Counted from the last change of a ticket that is solved or closed. It is set where the hub is started (--keep-tickets, --keep-diagnostics, --keep-files); each removal is in the journal.
console-keep-tickets = Tickets
console-keep-diagnostics = What the computer said of itself
console-keep-files = Pictures and files
console-keep-days =
    { $count ->
        [one] { $said } day
       *[other] { $said } days
    }
console-keep-always = As long as the hub runs
console-of-person = What there is of one person
console-of-person-about = For somebody who asks what is kept of them, or wants it erased.
console-requester-login = Name they sign in with on their computer
console-find = Look
console-nothing-of = There is nothing of “{ $login }” here.
console-tickets-open =
    { $count ->
        [one] { $said } ticket, { $open } open
       *[other] { $said } tickets, { $open } open
    }
console-first = First ticket
console-last = Last change
console-export-about = The file holds each ticket as it was sent, its whole thread and its files. Internal notes are in it, and the names of colleagues: read it before you hand it out.
console-export = Save everything as a file
console-erase = Erase everything
console-erase-person = Erase everything of { $login }?
console-erase-text =
    { $count ->
        [one] { $said } ticket goes for good, with its thread and its files. Open ones: { $open }. This cannot be taken back. Backups that were made before still hold it.
       *[other] { $said } tickets go for good, with their threads and their files. Open ones: { $open }. This cannot be taken back. Backups that were made before still hold them.
    }
console-erased =
    { $count ->
        [one] { $said } ticket was erased.
       *[other] { $said } tickets were erased.
    }
console-diagnostics-removed = What the computer had said was removed, as the retention says:
console-files-removed = Its pictures and files were removed, as the retention says:

## Your account

console-preferences = Display
console-preferences-about = Kept in this browser.
console-language = Language
console-theme = Colours
console-theme-system = As the system
console-theme-light = Light
console-theme-dark = Dark
