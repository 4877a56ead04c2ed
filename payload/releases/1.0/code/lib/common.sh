# What every part of the program uses. "here" is the folder of the program.

# The release that these files belong to, and the user_version of the database that they work with.
relief_release=1.0
relief_schema=100

say() {
    printf '%s\n' "$*"
}

fail() {
    printf 'relief: %s\n' "$*" >&2
    exit 1
}

release() {
    head -n 1 "$here/VERSION" | tr -d '\r'
}

# The settings of this place are never part of a release: they start as a copy of the defaults.
first_start() {
    if [ ! -e "$here/settings.ini" ]; then
        cp "$here/settings.default.ini" "$here/settings.ini" 2>/dev/null || :
    fi
}

settings_file() {
    if [ -r "$here/settings.ini" ]; then
        say "$here/settings.ini"
    else
        say "$here/settings.default.ini"
    fi
}

# setting KEY: its value, or nothing
setting() {
    sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*//p" "$(settings_file)" | head -n 1 | tr -d '\r'
}
