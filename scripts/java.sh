#!/bin/sh
# Finds a Java that Spark can use (17 or newer), then runs the command given, if any, with it:
#     sh scripts/java.sh [command [argument ...]]
# Looks at JAVA_HOME, else at the PATH, and where that one will not do among those installed. Where none will,
# it installs one as root on a Debian-like machine; elsewhere it names the one line that does, and ends with 2.
set -eu

OLDEST=17
PACKAGE=openjdk-17-jre-headless

say() { printf '%s\n' "$*" >&2; }

# Sets `major` to the major version of the java at a path (8 for "1.8.0_392"), empty where it does not tell
# one (Apple's placeholder), and succeeds where Spark can use it.
will_do() {
    major=$("$1" -version 2>&1 | sed -n 's/.*version "\(1\.\)\{0,1\}\([0-9][0-9]*\).*/\2/p' | head -n 1)
    [ -n "$major" ] && [ "$major" -ge "$OLDEST" ]
}

# Sets `lack` to what is wrong with the java that Spark would take; empty where nothing is.
look() {
    lack=
    if [ -n "${JAVA_HOME:-}" ]; then
        java=$JAVA_HOME/bin/java
        [ -x "$java" ] || lack="JAVA_HOME is $JAVA_HOME, which has no bin/java"
    else
        java=$(command -v java) || lack="there is no java on the PATH"
    fi
    if [ -z "$lack" ] && ! will_do "$java"; then
        if [ -n "$major" ]; then lack="$java is version $major"; else lack="$java does not tell its version"; fi
    fi
}

# Points JAVA_HOME at one that will do, though JAVA_HOME or the PATH may name another.
take_installed() {
    for java in /usr/lib/jvm/*/bin/java; do
        if [ -x "$java" ] && will_do "$java"; then
            JAVA_HOME=${java%/bin/java}
            export JAVA_HOME
            say "Java $OLDEST or newer is needed, and $lack; using $JAVA_HOME"
            lack=
            return 0
        fi
    done
    return 1
}

# Releases differ in the versions they carry; where 17 is gone, the default is newer.
choose_package() {
    if ! apt-cache show "$PACKAGE" >/dev/null 2>&1 && apt-cache show default-jre-headless >/dev/null 2>&1; then
        PACKAGE=default-jre-headless
    fi
}

install_on_debian() {
    say "Java $OLDEST or newer is needed, and $lack; installing it with apt-get"
    apt-get update >&2
    choose_package
    mkdir -p /usr/share/man/man1 # slim images lack it, and older packages' own set-up fails without it
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$PACKAGE" >&2
}

remedy() {
    if command -v apt-get >/dev/null; then
        choose_package
        say "  sudo apt-get update && sudo apt-get install -y $PACKAGE"
    elif command -v dnf >/dev/null; then
        say "  sudo dnf install -y java-$OLDEST-openjdk-headless || sudo dnf install -y java-latest-openjdk-headless"
    elif [ "$(uname)" = Darwin ]; then
        say "  brew install openjdk@$OLDEST && export JAVA_HOME=\"\$(brew --prefix openjdk@$OLDEST)/libexec/openjdk.jdk/Contents/Home\""
    else
        say "  Get one from https://adoptium.net and point JAVA_HOME at it."
    fi
}

look
if [ -n "$lack" ] && ! take_installed; then
    if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] && install_on_debian; then
        take_installed || true
    fi
fi
if [ -n "$lack" ]; then
    say "Java $OLDEST or newer is needed, and $lack. This installs it:"
    remedy
    [ -z "${JAVA_HOME:-}" ] || say "JAVA_HOME goes before the PATH: unset it, or point it at the new one."
    exit 2
fi
[ $# -eq 0 ] || exec "$@"
