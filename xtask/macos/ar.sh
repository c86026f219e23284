#!/bin/sh
# Stands in for what puts objects into an archive, beside the stand-in for the compiler: makes an empty archive.
for argument in "$@"; do
    case $argument in
        /*/build/*/out/*.a) : >"$argument" ;;
    esac
done
