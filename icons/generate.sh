#!/bin/sh
# Draws every icon from its SVG source. Run it after changing one, and commit what it writes: nobody who builds Deskside
# needs these tools (Debian: librsvg2-bin, icoutils).
#
#   app/deskside.svg        the app's icon; app/deskside-small.svg is the same for 16 to 32 pixels
#     -> app/SIZE.png, app/deskside.ico
#   tray/STATE.svg          the tray's states, each another shape, in the colour of `currentColor`
#     -> tray/PANEL/STATE-SIZE.png, RGBA with 8 bits; PANEL is
#        light  dark shapes for light panels
#        dark   light shapes for dark panels
#        any    for panels of unknown colour (StatusNotifierItem tells none): at least 3:1 on white and on near-black
set -eu
cd "$(dirname "$0")"

for size in 16 22 24 32; do
    rsvg-convert --width=$size --height=$size app/deskside-small.svg --output=app/$size.png
done
for size in 48 64 128 256 512; do
    rsvg-convert --width=$size --height=$size app/deskside.svg --output=app/$size.png
done
icotool --create --output=app/deskside.ico app/16.png app/24.png app/32.png app/48.png app/64.png --raw=app/256.png

style=$(mktemp)
trap 'rm -f "$style"' EXIT
while read -r panel colour; do
    mkdir -p tray/"$panel"
    echo "svg { color: $colour }" >"$style"
    for state in idle unread waiting offline attention; do
        for size in 22 24 32 48; do
            rsvg-convert --stylesheet="$style" --width=$size --height=$size tray/$state.svg \
                --output=tray/"$panel"/$state-$size.png
        done
    done
done <<COLOURS
light #2e2a26
dark #f6f3ee
any #1f938b
COLOURS
