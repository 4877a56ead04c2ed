# relief --self-test DATABASE: is this program whole, and does it fit this database?
#
# Says one line a check and ends with 0 (all is well) or 1. It writes nothing, neither beside the
# program nor beside the database, and the first checks need no program but those of every system.

self_test() {
    faults=0
    check_release
    check_files
    check_pages
    check_schema "$1"
    check_reports "$1"
    [ "$faults" -eq 0 ]
}

passed() {
    say "ok       $*"
}

failed() {
    say "FAILED   $*"
    faults=$((faults + 1))
}

check_release() {
    if [ "$(release)" = "$relief_release" ]; then
        passed "release: $relief_release"
    else
        failed "release: the program is $relief_release, but VERSION says \"$(release)\""
    fi
}

# Names that are not ASCII have a list of their own, because relief.cmd cannot read them.
release_files() {
    cat "$here/lib/files.list" "$here/lib/files-utf8.list" | tr -d '\r'
}

check_files() {
    missing=$(release_files | while IFS= read -r file; do
        [ -f "$here/$file" ] || printf ' "%s"' "$file"
    done)
    if [ -z "$missing" ]; then
        passed "files: all $(release_files | wc -l | tr -d ' ') are there"
    else
        failed "files: missing$missing"
    fi
}

# A page folder that an older release used would send people to pages that are gone.
check_pages() {
    if [ -f "$here/$(setting pages)/index.html" ]; then
        passed "settings: the pages are in \"$(setting pages)\""
    else
        failed "settings: \"pages = $(setting pages)\" names a folder without an index.html"
    fi
}

# The first 16 bytes say that a file is SQLite's; bytes 60 to 63 are its user_version.
check_schema() {
    if [ ! -r "$1" ]; then
        failed "database: \"$1\" is not there or cannot be read"
        return
    fi
    magic=$(od -An -tx1 -N16 "$1" | tr -d ' \n')
    if [ "$magic" != 53514c69746520666f726d6174203300 ]; then
        failed "database: \"$1\" is not an SQLite database"
        return
    fi
    # shellcheck disable=SC2046 # four numbers, four words; zeros for a file that is cut off
    set -- $(od -An -tu1 -j60 -N4 "$1" 2>/dev/null) 0 0 0 0
    version=$((($1 * 256 + $2) * 65536 + $3 * 256 + $4))
    if [ "$version" -eq "$relief_schema" ]; then
        passed "database: user_version is $version"
    else
        failed "database: user_version is $version, but this release works with $relief_schema"
    fi
}

# Only the reports of the release are run: a place may have added its own.
check_reports() {
    [ -r "$1" ] || return 0
    if [ "$(database_engine)" = none ]; then
        say "skipped  reports: neither sqlite3 nor python3 is here to run them"
        return
    fi
    # "immutable" keeps SQLite from making side files; with changes in a side file it would miss them.
    options='mode=ro&immutable=1'
    if [ -s "$1-wal" ] || [ -s "$1-journal" ]; then
        options=mode=ro
    fi
    uri=$(database_uri "$1" "$options")
    for report in $(release_files | sed -n 's|^reports/\(.*\)\.sql$|\1|p'); do
        if message=$(run_report "$uri" "$report" column 2>&1 >/dev/null); then
            passed "report: $report"
        else
            failed "report: $report: $(say "$message" | head -n 1)"
        fi
    done
}
