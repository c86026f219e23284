# What the agent says without the window: tray, notifications, command line.

tray-open = Open Deskside
