# Texts of the employee's window.

## The frame

agent-lost = Deskside’s background part does not answer. Nothing is lost: what you write stays here and is kept as soon as it is back.
agent-lost-trying = Trying again…
agent-back = Deskside is back. Everything is kept.
screen-broken = This screen could not be shown. Nothing is lost.

## Home

greeting-morning = Good morning
greeting-afternoon = Good afternoon
greeting-evening = Good evening
greeting-morning-name = Good morning, { $name }
greeting-afternoon-name = Good afternoon, { $name }
greeting-evening-name = Good evening, { $name }
home-welcome = What can we do for you?
home-entries = What would you like to do?
home-report = Report a problem
home-report-help = Something does not work
home-report-draft = Go on writing
home-report-draft-help = “{ $text }”
home-requests = My requests
home-requests-none = What you asked for, and the answers
home-requests-open = { $count ->
    [one] 1 request under way
   *[other] { $count } requests under way
}
home-requests-unread = { $count ->
    [one] 1 new answer
   *[other] { $count } new answers
}
home-requests-waiting = { $count ->
    [one] 1 request waits to be sent
   *[other] { $count } requests wait to be sent
}
home-requests-parked = { $count ->
    [one] 1 request needs a look
   *[other] { $count } requests need a look
}
home-privacy = Privacy
home-privacy-help = What is kept, what was sent
home-settings = Settings
home-settings-help = Language, colours, notifications
home-computer = This computer
home-computer-well = All well
home-computer-look = { $count ->
    [one] 1 thing worth knowing
   *[other] { $count } things worth knowing
}
home-computer-details = Details of this computer
home-sign-in = Sign in
home-connect = Connect to the helpdesk
home-again = Sign in again

## Report a problem

report-title = Report a problem
report-question = What is happening?
report-placeholder = For example: the printer on floor 3 prints blank pages
report-too-long = The text is too long by { $count } characters. You can attach the rest as a file.
report-missing = Please say in a few words what is happening.
report-can-work = Can you still work?
report-affected = Only you, or others?
report-category = What is it about?
report-category-optional = What is it about? (optional)
report-category-none = I’d rather not choose
report-moment = Say when it happened
report-moment-help = This computer remembers how busy it was for half an hour. Only the minutes around your moment are sent.
report-moment-at = It happened at { $time }
report-next = See what will be sent
report-saved = Your text is kept as you type.
report-unsaved = Your text is not kept yet. Trying again…
report-discard = Discard
report-discard-question = Discard this request?
report-discard-explain = Your text and its files will be removed from this computer. Nothing was sent.
report-discard-confirm = Yes, discard it
report-discard-keep = No, keep it
report-discarded = Your text is discarded. Nothing was sent.
report-nothing-leaves = Nothing is sent before you have seen it.
report-words-looked-up = Your request is not sent before you have seen it. To find help, words of it are looked up among your helpdesk’s articles.

## What the helpdesk’s own articles say

articles-title = Could this help?
articles-found = { $count ->
    [one] 1 article of your helpdesk may help.
   *[other] { $count } articles of your helpdesk may help.
}
article-from = From your helpdesk’s own articles
article-solved = This solved it
article-back = Back to my report
article-solved-title = Good to hear that it works again
article-solved-explain = Nothing was sent. Shall what you wrote be discarded?

## Files

files-title = Pictures and files
files-add = Add a file
files-screenshot = Add a screenshot
files-limits = Up to { $count } files, { $size } each, { $total } in all: pictures, PDF, text, office documents, mails, ZIP. You can also paste or drop them here.
files-list = Files added
files-remove = Remove { $name }
files-removed = { $name } is removed.
files-added = { $name } is added.
files-adding = Adding { $name }: { $percent }
files-drop = Drop the files here
files-refused = { $name } was not added.
files-larger = It is larger than your helpdesk takes: { $size } each at most.
files-none = Your helpdesk takes no pictures and files. Say in your own words what matters; what this computer knows of itself goes along even so.
files-picture-of = Picture: { $name }
files-screen-picture = Picture of the screen
files-open = Open { $name }
files-open-failed = { $name } cannot be opened just now.
files-save = Save { $name }
saved = { $name } is saved where your browser keeps downloads.
saved-as = Saved as { $path }
save-failed = { $name } could not be saved: your folder for downloads is full, locked or missing. Nothing else has changed.

## A picture of the screen: which part, what to point at, what to hide

screenshot-choose-title = What should the picture show?
screenshot-area-screen = The whole screen
screenshot-area-screen-help = Everything that was visible
screenshot-area-region = A part of the screen
screenshot-area-region-help = You draw the part yourself
screenshot-area-window-help = Only this window
screenshot-window-unnamed = A window without a name
screenshot-continue = Continue
screenshot-cancel = No picture
screenshot-edit-title = Point at it, hide what is private
screenshot-edit-help = Draw on the picture. What you hide is removed for good before anything is kept.
screenshot-promise = Only this picture, as you see it here, is kept. You will see it again before anything is sent.
screenshot-keep = Use this picture
screenshot-keeping = Keeping it…
screenshot-choose-again = Choose another part
screenshot-added = The picture of the screen is added.
screenshot-tools = Tools
screenshot-tool-select = Choose
screenshot-tool-crop = Crop
screenshot-tool-arrow = Arrow
screenshot-tool-box = Box
screenshot-tool-text = Text
screenshot-tool-redaction = Hide
screenshot-undo = Undo
screenshot-redo = Redo
screenshot-zoom = Show in full size
screenshot-picture = Picture of the screen, to draw on
screenshot-keys-title = By keyboard
screenshot-keys = Choose a tool by its letter: V choose, C crop, A arrow, B box, T text, H hide. Enter places it. The arrow keys move it, with Shift they change its size, with Alt by one pixel. Page Down goes to the next mark, Delete removes it, Ctrl+Z undoes.
screenshot-text-label = Text on the picture
screenshot-marks = What you have drawn
screenshot-mark = { $kind } { NUMBER($number) }
screenshot-mark-text = Text “{ $text }”
screenshot-remove = Remove { $mark }
screenshot-said-place = { $mark }: { NUMBER($left) } from the left, { NUMBER($top) } from the top, { NUMBER($width) } wide, { NUMBER($height) } high
screenshot-said-crop = Kept: from { NUMBER($left) } and { NUMBER($top) }, { NUMBER($width) } wide, { NUMBER($height) } high
screenshot-said-removed = Removed
screenshot-said-undone = Undone
screenshot-said-redone = Done again

## What will be sent

preview-title = What will be sent
preview-understood = What we understood
preview-correct = Correct this
preview-destination = It goes to { $destination }.
preview-can-work-yes = You can still work.
preview-can-work-with-difficulty = You can work, with difficulty.
preview-can-work-no = You cannot work at the moment.
preview-can-work-unsaid = You did not say whether you can still work.
preview-affected-only-me = Only you are affected.
preview-affected-others = Others are affected too.
preview-affected-unknown = You do not know whether others are affected.
preview-category = It is about: { $category }.
preview-findings = What this computer shows
preview-findings-none = This computer shows nothing unusual in what will be sent.
preview-sections = What this computer adds
preview-sections-help = Switch off what you would rather keep. Each line opens to every value.
preview-section-on = { $section } will be sent.
preview-section-off = { $section } will not be sent.
preview-section-values = Every value of { $section }
preview-values = Every value
preview-held-back = This is not sent. It is what the switch would add:
preview-health-purpose = How busy the computer was, and how its network answered. It shows what went wrong at that moment.
preview-health-left-out = What happened around that moment will not be sent.
preview-you = You
preview-you-name = Name
preview-you-login = Sign-in name
preview-you-language = Language
preview-also = Also in the request: title “{ $title }”, urgency { $urgency }, reach { $impact }, made on { $at } by { $program }, internal number { $id }.
preview-raw = The document, exactly as it leaves
preview-raw-help = { $size } of text. Fingerprint (SHA-256): { $digest }
preview-raw-files = The files follow the document, each with its own fingerprint.
preview-send = Send
preview-sending = Sending…
preview-collecting = Still looking at this computer. You can send now, or wait a moment for the rest.
preview-changed = Something has changed since you looked. Please look again.
preview-updated = What will be sent was brought up to date.
preview-screenshot = Screenshot
preview-files-none = Your helpdesk takes no files: these stay on this computer, and your request says what they are.
preview-file-larger = Larger than your helpdesk takes ({ $size }): it stays on this computer, and your request says what it is.
preview-facts-failed = Some things could not be read. The rest is here.

## Sent

sent-title = It is sent
sent-number = Request { $number }
sent-next = A technician will read it. The answer comes here, and a notification tells you.
sent-kept-title = It is kept on this computer
sent-kept-next = It will be sent as soon as the helpdesk can be reached. There is nothing for you to do, and you can close this window.
sent-sending-title = It is on its way
sent-sending-next = It is safely kept on this computer until the helpdesk has confirmed it.
sent-parked-title = It could not be delivered
sent-follow = Follow this request
sent-done = Done
sent-now-delivered = Your request has arrived. Its number is { $number }.
sent-not-enrolled-next = This computer is not connected to a helpdesk yet. Your request is kept and leaves by itself once it is. Nothing is lost.

## My requests

requests-title = My requests
requests-empty = Your requests and the helpdesk’s answers will be here.
requests-open = Under way
requests-over = Finished
requests-unread = New answer
requests-number = Number { $number }
requests-waiting = Kept here, not sent yet
requests-sending = On its way
requests-parked = Could not be delivered
requests-answered = The helpdesk has answered.
requests-answered-short = Answered
requests-files-parked = Some files were refused
requests-not-listed = { $count ->
    [one] { $count } older request is not listed here.
   *[other] { $count } older requests are not listed here.
}
requests-assignee = { $name } takes care of it
requests-updated = Changed { $when }
requests-more = { $count ->
    [one] Show 1 more
   *[other] Show { $count } more
}
requests-search = Find a request
requests-found = { $count ->
    [0] No request found
    [one] 1 request found
   *[other] { $count } requests found
}
requests-choose = Choose a request to read it here.

## One request

request-title = Request { $number }
request-title-unsent = Request not sent yet
request-you-wrote = You wrote
request-thread = Messages
request-you = You
request-helpdesk = Helpdesk
request-system = Automatic message
request-new-state = Now: { $state }
request-no-answer = No answer yet. A notification tells you when there is one.
request-reply = Your answer
request-reply-placeholder = Write to the helpdesk
request-reply-send = Send the answer
request-reply-kept = Your answer is kept and will be sent.
request-reply-missing = Please write a few words first.
request-entry-waiting = Kept here, not sent yet
request-entry-sending = On its way
request-entry-delivered = Delivered
request-entry-parked = Could not be delivered
request-waiting = This request is kept on this computer and not sent yet.
request-waiting-next = The next try is { $when }.
request-waiting-network = It will be sent as soon as the helpdesk can be reached.
request-send-now = Try to send it now
request-sending-now = Trying now. You will see here what comes of it.
request-parked = The helpdesk did not take this request. It stays here until you decide what becomes of it.
request-retry = Try again
request-retried = It is back in the queue.
request-change = Change it
request-leave-files = Leave these files out
request-taken-back = It is yours again. Nothing is lost.
request-discarded = The request is discarded. The helpdesk never had it.
request-take-reply-back = Take back and change
request-reply-taken-back = Your answer is where you write it again.
request-files-refused = { $count ->
    [one] Your request has arrived, but the helpdesk does not accept this file:
   *[other] Your request has arrived, but the helpdesk does not accept these files:
}
request-earlier = { $count ->
    [one] { $count } earlier message is not shown here.
   *[other] { $count } earlier messages are not shown here.
}
request-solved-question = The helpdesk says it is solved. Does it work again?
request-confirm = Yes, it works
request-reopen = No, it does not
request-reopen-question = What still fails?
request-reopen-send = Open it again
request-confirmed = Thank you. The helpdesk will be told.
request-reopened = The helpdesk will be told that it still fails.
request-confirm-by-reply = Your helpdesk learns it by a message of yours, and closes the request itself.
request-solved-told = The helpdesk says it is solved. If it works again, there is nothing for you to do.
request-reopen-by-reply = Your message asks the helpdesk to open the request again; a technician decides.
request-reopen-ask = Ask to open it again
request-reopen-asked = Your message is kept and will be sent. It asks to open the request again.
request-stays-closed = Your helpdesk does not open finished requests again. If it still fails, report it anew and name number { $number }.
request-anew = Report it anew
request-former = This request is at the helpdesk that was connected before. You can read here what was said until then; for more, open that helpdesk’s own site or report it anew.
request-no-reply = Your helpdesk takes no answers from here. Its own site does.
request-rate-question = How did it go?
request-rate-comment = Would you like to add something? (optional)
request-rate-send = Send my rating
request-rated = Thank you for your rating.
request-rating-given = { $stars ->
    [one] You gave 1 star out of 5.
   *[other] You gave { $stars } stars out of 5.
}
request-stars = { $stars ->
    [1] 1 star: bad
    [2] 2 stars: rather bad
    [3] 3 stars: fair
    [4] 4 stars: good
   *[5] 5 stars: very good
}
request-document = What was sent
request-new-answer = A new answer has arrived.

## Settings

settings-as-system = As this computer
settings-language = Language
settings-language-en = English
settings-language-fr = Français
settings-theme = Colours
settings-theme-light = Light
settings-theme-dark = Dark
settings-notifications = Notifications
settings-notifications-help = Tells you when the helpdesk has answered. They wait while you are in full screen or share your screen. Without them, the icon alone tells.
settings-autostart = Start with this computer
settings-autostart-help = Your requests leave, and answers arrive, without you having to open Deskside.
settings-shortcut = Shortcut for reporting a problem
settings-shortcut-help = In any program, these keys take a picture of the screen and open a report with it. Nothing leaves before you have seen it.
settings-shortcut-keys = Keys
settings-shortcut-given = Keys, as your desktop calls them
settings-shortcut-change = Choose other keys
settings-shortcut-press = Press the new keys together
settings-shortcut-press-help = For example { $keys }. Escape keeps the keys that you have. If nothing happens, another program has the keys that you press.
settings-shortcut-too-common = These keys are needed for typing and in other programs. Hold two of Ctrl, Alt, Shift and Windows with a letter or a digit; with a key such as F9, hold at least Ctrl, Alt or Windows.
settings-shortcut-reserved = The system keeps these keys for itself. Press others.
settings-shortcut-unknown = This key cannot be used. Press a letter, a digit or a key such as F9 together with Ctrl, Alt or Windows.
settings-shortcut-taken = Another program has these keys, so nothing happens here when you press them. Choose other keys.
settings-shortcut-no-such-key = This keyboard does not have this key. Choose other keys.
settings-shortcut-needs-consent = Your desktop asks you before a program gets its own keys.
settings-shortcut-set-up = Set up the shortcut
settings-shortcut-unavailable = There is no shortcut in this session. The menu of the icon does the same.
key-ctrl = Ctrl
key-alt = Alt
key-option = Option
key-shift = Shift
key-super = Windows
key-command = Command
key-insert = Insert
key-home = Home
key-end = End
key-page-up = Page up
key-page-down = Page down
key-pause = Pause
settings-kept = Your choice is kept.
settings-version = Deskside { $version }

## This computer

computer-stays = Nothing here is sent. A request shows you first what it takes along.
computer-look-again = Look again
computer-looked = This computer was looked at again.

## Privacy

privacy-promise = Nothing leaves this computer before you have seen it. What was done and sent is listed here.
privacy-here = Kept on this computer
privacy-kept = Deskside keeps { $size } here: your drafts, your requests and their answers.
privacy-folder = In the folder { $folder }
privacy-export = Save a copy
privacy-left-out = { $count ->
    [one] This copy is not everything: { $count } part did not fit. It is still here, in the app.
   *[other] This copy is not everything: { $count } parts did not fit. They are still here, in the app.
}
privacy-retention = { $days ->
    [one] Requests that are over leave this computer after { $days } day.
   *[other] Requests that are over leave this computer after { $days } days.
}
privacy-not-listed = { $count ->
    [one] { $count } older line is not listed here. A copy holds it.
   *[other] { $count } older lines are not listed here. A copy holds them.
}
privacy-erase = Erase
privacy-erase-question = Erase what is kept on this computer?
privacy-erase-explain = Drafts, sent requests and their answers are removed from this computer. What still waits to be sent stays until it is sent. Requests at the helpdesk stay there.
privacy-erase-confirm = Yes, erase it
privacy-erase-keep = No, keep it
privacy-erased = What was kept on this computer is erased.
privacy-done = What was done and sent
privacy-intact = The list is complete: no entry was changed or removed.
privacy-broken = The list was changed from outside, or is damaged. Tell your IT department.
privacy-empty = Nothing yet.
ledger-submitted = You submitted a request
ledger-delivered = A request reached the helpdesk
ledger-replied = An answer of yours was sent
ledger-screen-captured = A picture of the screen was taken
ledger-enrolled = This computer was connected to the helpdesk
ledger-disconnected = This computer was disconnected from the helpdesk
ledger-settings-changed = A setting was changed
ledger-exported = A copy of what is kept was made
ledger-erased = What was kept was erased
ledger-store-set-aside = What was kept was damaged and set aside
ledger-taken-back = You took back something that the helpdesk had refused
ledger-expired = What was over for long was removed, as your IT department decided

# A link that suggests a request
suggested-title = A link suggests a request
suggested-explain = You opened a link with this text. Nothing is sent: you can change it, and you see everything first.
suggested-text = Suggested text
suggested-use = Use this text
suggested-refuse = No, thank you

# A phone carries the report while this computer has no network
phone-show = Send it with your phone
phone-title = Send it with your phone
phone-how = Point your phone’s camera at this code. It opens a mail with your request; you only have to send it.
phone-code = Code with your request, for a phone’s camera
phone-later = Your request here still goes by itself when the network is back. Both have the reference { $reference }, so that the helpdesk counts them once.
phone-reference = Deskside reference: { $reference }
phone-from = From { $name }, computer { $device }
phone-close = Close
