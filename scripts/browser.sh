#!/bin/sh
# Finds a Chromium that tests can look at the page with, then runs the command given, if any:
#     sh scripts/browser.sh [command [argument ...]]
# Where there is none it installs Debian's as root on a Debian-like machine; elsewhere it names the one line that does.
# Tests of the page in a browser are then left out, and say so; where CI is true every check is owed, and this ends with 2.
set -eu

PACKAGE=chromium
FONTS=fonts-liberation # slim images have no letters to draw

say() { printf '%s\n' "$*" >&2; }

# The same names as tests/oracle/chromium.py.
is_there() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null; then return 0; fi
    done
    [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

# Ubuntu has no such package: its Chromium is a snap.
is_packaged() {
    apt-cache show "$PACKAGE" >/dev/null 2>&1
}

install_on_debian() {
    say "Tests look at the page in a browser, and there is none; installing $PACKAGE with apt-get"
    apt-get update >&2 || return 1
    is_packaged || return 1
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$PACKAGE" "$FONTS" >&2
}

remedy() {
    if command -v apt-get >/dev/null && is_packaged; then
        say "  sudo apt-get update && sudo apt-get install -y $PACKAGE $FONTS"
    elif command -v snap >/dev/null; then
        say "  sudo snap install chromium"
    elif command -v dnf >/dev/null; then
        say "  sudo dnf install -y chromium"
    elif [ "$(uname)" = Darwin ]; then
        say "  brew install --cask google-chrome"
    else
        say "  Get one from https://www.chromium.org/getting-involved/download-chromium and put it on the PATH."
    fi
}

if ! is_there && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
    install_on_debian || say "apt-get did not install $PACKAGE."
fi
if ! is_there; then
    say "Tests look at the page in a browser, and there is none. This installs one:"
    remedy
    if [ "${CI:-}" = true ]; then exit 2; fi
    say "Going on without: those tests will be skipped."
fi
[ $# -eq 0 ] || exec "$@"
