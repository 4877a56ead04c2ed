# Reading the register. This program never writes to it: it opens it read-only everywhere.

# The program that runs reports: sqlite3, python3, or nothing. RELIEF_ENGINE chooses one by name.
database_engine() {
    if [ -n "${RELIEF_ENGINE-}" ]; then
        say "$RELIEF_ENGINE"
    elif command -v sqlite3 >/dev/null 2>&1; then
        say sqlite3
    elif command -v python3 >/dev/null 2>&1 && python3 -c 'import sqlite3' >/dev/null 2>&1; then
        say python3
    else
        say none
    fi
}

# database_uri FILE OPTIONS: the file as a URI, as SQLite takes it
database_uri() {
    folder=$(CDPATH='' cd -- "$(dirname -- "$1")" && pwd) || return 1
    path=$(printf '%s/%s' "$folder" "$(basename -- "$1")" | sed 's/%/%25/g; s/?/%3f/g; s/#/%23/g')
    say "file://$path?$2"
}

# run_report URI REPORT: the report as a table of text
run_report() {
    case $(database_engine) in
    sqlite3) sqlite3 -batch -bail -init /dev/null -header -column "$1" <"$here/reports/$2.sql" ;;
    python3) python3 -B "$here/lib/query.py" "$1" "$here/reports/$2.sql" ;;
    esac
}
