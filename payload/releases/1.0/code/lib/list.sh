# relief list REPORT

list_report() {
    [ -r "$here/reports/$1.sql" ] || fail "there is no report \"$1\"; there are: $(report_names)"
    [ -r "$2" ] || fail "the register \"$2\" is not there or cannot be read"
    [ "$(database_engine)" != none ] || fail "a list needs the program sqlite3 or python3, and neither is installed here"
    say "$(setting organisation): $(text "$1")"
    say
    run_report "$(database_uri "$2" mode=ro)" "$1"
}

report_names() {
    for report in "$here"/reports/*.sql; do
        basename "$report" .sql
    done | tr '\n' ' '
}
