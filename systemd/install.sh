#!/bin/sh
# Install or remove what makes Mezzotint a service: its user and groups, its unit, its directories and settings.
# `make install-service` and `make uninstall-service` call it; the program itself is installed by make.
#
#   install.sh install|uninstall
#
#   DESTDIR=DIR   install below DIR instead of /: nothing of the running system is touched, root is not needed,
#                 and systemd is told nothing (for packages and tests)
#   PREFIX=DIR    where the program is, /opt/mezzotint unless told otherwise
set -eu

DESTDIR=${DESTDIR:-}
PREFIX=${PREFIX:-/opt/mezzotint}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
units=$DESTDIR/etc/systemd/system
sysusers=$DESTDIR/usr/lib/sysusers.d
tmpfiles=$DESTDIR/usr/lib/tmpfiles.d
settings=$DESTDIR/etc/mezzotint
link=$DESTDIR/usr/local/bin/mezzotint

say() { printf '%s\n' "$*"; }

put() { # SOURCE TARGET, or - for what comes in
    install -D -m 0644 "$1" "$2"
}

with_prefix() { # the file with the place of the program filled in
    sed "s|/opt/mezzotint|$PREFIX|g" "$1"
}

make_users() {
    if command -v systemd-sysusers >/dev/null 2>&1; then
        systemd-sysusers ${DESTDIR:+--root="$DESTDIR"} mezzotint.conf
    elif [ -z "$DESTDIR" ]; then
        for group in mezzotint mezzotint-operators video render; do
            getent group "$group" >/dev/null || groupadd --system "$group"
        done
        id mezzotint >/dev/null 2>&1 || useradd --system --gid mezzotint --home-dir /var/lib/mezzotint \
            --shell /usr/sbin/nologin mezzotint
    fi
}

# The operators need no environment: the file says where everything is. A file that is there is never touched.
write_settings() {
    put "$here/../config/default.toml" "$settings/default.toml"
    [ -e "$settings/config.toml" ] && return
    sed -e 's|^#\(state_dir = \).*|\1"/var/lib/mezzotint"|' \
        -e 's|^#\(socket_path = \).*|\1"/run/mezzotint/control.sock"|' \
        -e 's|^#\(socket_mode = \).*|\1"0660"|' "$here/../config/default.toml" |
        put /dev/stdin "$settings/config.toml"
}

link_is_ours() { # or one that leads nowhere, such as to where the program was before
    [ -L "$link" ] || return 1
    target=$(readlink "$link")
    case $target in /*) there=$DESTDIR$target ;; *) there=$(dirname "$link")/$target ;; esac
    [ "$target" = "$PREFIX/bin/mezzotint" ] || { [ ! -e "$there" ] && [ ! -e "$link" ]; }
}

install_all() {
    with_prefix "$here/mezzotint.service" | put /dev/stdin "$units/mezzotint.service"
    install -d -m 0755 "$units/mezzotint.service.d"
    for each in "$here"/drop-ins/*.conf; do
        put "$each" "$settings/drop-ins/$(basename "$each")"
    done
    put "$here/mezzotint.sysusers.conf" "$sysusers/mezzotint.conf"
    put "$here/mezzotint.tmpfiles.conf" "$tmpfiles/mezzotint.conf"
    # Secrets for drop-ins/credentials.conf: for root's eyes only.
    install -d -m 0700 "$settings/credentials"
    write_settings
    make_users
    # For people to type.
    install -d "$(dirname "$link")"
    if { [ ! -e "$link" ] && [ ! -L "$link" ]; } || link_is_ours; then
        ln -sfn "$PREFIX/bin/mezzotint" "$link"
    else
        say "Left alone: $link is not ours. The program is $PREFIX/bin/mezzotint"
    fi
    if [ -z "$DESTDIR" ]; then
        if command -v systemd-tmpfiles >/dev/null 2>&1; then systemd-tmpfiles --create mezzotint.conf; fi
        tell_systemd
    fi
    say 'Installed. Start it with: systemctl enable --now mezzotint'
    say 'Who may use it:           usermod -aG mezzotint-operators NAME'
}

uninstall_all() {
    if [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; then systemctl disable --now mezzotint || true; fi
    rm -f "$units/mezzotint.service" "$sysusers/mezzotint.conf" "$tmpfiles/mezzotint.conf"
    if link_is_ours; then
        rm -f "$link"
    elif [ -e "$link" ] || [ -L "$link" ]; then
        say "Left alone: $link is not ours."
    fi
    rm -rf "$DESTDIR/run/mezzotint"
    if [ -z "$DESTDIR" ]; then tell_systemd; fi
    say "Removed. Kept: $DESTDIR/var/lib/mezzotint (queue, pictures), $settings (settings, credentials),"
    say "$units/mezzotint.service.d (drop-ins), $PREFIX (the program), the user mezzotint and its groups."
}

tell_systemd() {
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
    else
        say 'systemd does not run here: it was told nothing.'
    fi
}

if [ -z "$DESTDIR" ] && [ "$(id -u)" != 0 ]; then
    say 'this needs root (or DESTDIR=)' >&2
    exit 1
fi
umask 022
case "${1:-}" in
    install) install_all ;;
    uninstall) uninstall_all ;;
    *) say 'usage: install.sh install|uninstall' >&2; exit 2 ;;
esac
