#!/bin/sh
# Stands in for a C compiler of macOS where types are checked and nothing is linked: whatever it is asked for, it makes
# an empty object, and only where a build script keeps its own files.
object= before=
for argument in "$@"; do
    [ "$before" = -o ] && object=$argument
    before=$argument
    case $argument in
        --version | -v) echo "clang version 14.0.0"; exit 0 ;;
        -E) echo; exit 0 ;;
    esac
done
case $object in
    '') ;;
    /*/build/*/out/*) : >"$object" ;;
    *) echo "not a build script's file: $object" >&2; exit 1 ;;
esac
