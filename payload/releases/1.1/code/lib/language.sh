# Translations. A language file holds one "key": "text" a line, so that sed can read it.

# text KEY: in the language of this place, else in English, else the key
text() {
    translated=$(text_in "$(setting language)" "$1")
    [ -n "$translated" ] || translated=$(text_in en "$1")
    say "${translated:-$1}"
}

text_in() {
    [ -r "$here/lang/$1.json" ] || return 0
    sed -n "s/^ *\"$2\": \"\(.*\)\",\{0,1\} *\$/\1/p" "$here/lang/$1.json" | head -n 1 | tr -d '\r'
}
