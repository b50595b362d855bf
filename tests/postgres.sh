# A PostgreSQL server of its own for the tests: `start_postgres FOLDER` makes one in a folder of its own, with a user, a password and a
# certificate that nobody else has, and exports where it is; `stop_postgres` ends it and takes it away. To be sourced by bash.

# The programs of the newest server that is installed; installs one where that is allowed.
postgres_programs() {
    local folder
    for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) "$(pg_config --bindir 2>/dev/null)" \
        "$(dirname "$(command -v initdb 2>/dev/null || echo /nonexistent/initdb)")"; do
        if [ -n "$folder" ] && [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
            echo "$folder"
            return
        fi
    done
    if [ "${1:-}" != installed ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq && apt-get install -y -qq postgresql >/dev/null && postgres_programs installed
        return
    fi
    return 1
}

# The server refuses to run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && runuser -u "$postgres_user" -- "$@")
    else
        "$@"
    fi
}

start_postgres() {
    local password port
    if ! postgres_bin="$(postgres_programs)"; then
        echo "the tests ask a PostgreSQL server: install one (its programs initdb and postgres), then run this again" >&2
        exit 1
    fi
    postgres_user=postgres
    id "$postgres_user" >/dev/null 2>&1 || postgres_user=nobody
    mkdir -p "$1"
    postgres_folder="$(mktemp -d "$1/postgres-XXXXXX")"
    if [ "$(id -u)" = 0 ]; then
        chown "$postgres_user" "$postgres_folder"
        if ! as_postgres test -w "$postgres_folder"; then
            rmdir "$postgres_folder"
            postgres_folder="$(mktemp -d /tmp/mlspec-postgres-XXXXXX)"
            chown "$postgres_user" "$postgres_folder"
        fi
    fi
    password="$(head -c 18 /dev/urandom | base64 | tr -d '+/=')"
    (umask 077 && echo "$password" >"$postgres_folder/password")
    [ "$(id -u)" != 0 ] || chown "$postgres_user" "$postgres_folder/password"
    as_postgres "$postgres_bin/initdb" --pgdata "$postgres_folder/data" --username mlspec --pwfile "$postgres_folder/password" \
        --auth scram-sha-256 --encoding UTF8 --locale C --no-sync >"$postgres_folder/initdb.log"
    # A certificate that is its own authority, for TLS.
    as_postgres openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -batch \
        -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
        -keyout "$postgres_folder/data/server.key" -out "$postgres_folder/data/server.crt" 2>/dev/null
    cp "$postgres_folder/data/server.crt" "$postgres_folder/server.crt"
    chmod a+rx "$postgres_folder" && chmod a+r "$postgres_folder/server.crt"
    for _ in 1 2 3; do
        port="$("$MLSPEC_PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
        if as_postgres "$postgres_bin/pg_ctl" --pgdata "$postgres_folder/data" --log "$postgres_folder/log" --wait --silent start \
            -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c ssl=on"; then
            export MLSPEC_TEST_POSTGRES="postgres://mlspec:$password@127.0.0.1:$port/postgres"
            export MLSPEC_TEST_POSTGRES_CERTIFICATE="$postgres_folder/server.crt"
            return
        fi
    done
    cat "$postgres_folder/log" >&2
    echo "the PostgreSQL server for the tests does not start" >&2
    stop_postgres
    exit 1
}

stop_postgres() {
    as_postgres "$postgres_bin/pg_ctl" --pgdata "$postgres_folder/data" --silent --mode immediate stop || true
    rm -rf "$postgres_folder"
}
