# relief page REPORT: the report as a page in cache/, with the style of the help pages

page_report() {
    find_report "$1" "$2"
    page=$here/cache/$1.html
    mkdir -p "$here/cache" || fail "the folder \"$here/cache\" cannot be made"
    rows=$(run_report "$(database_uri "$2" mode=ro)" "$1" html) || exit 1
    language=$(setting language)
    case $language in
    ar) direction=rtl ;;
    *) direction=ltr ;;
    esac
    cat >"$page" <<TEXT || fail "the page \"$page\" cannot be written"
<!DOCTYPE html>
<html lang="$language" dir="$direction">
<head>
  <meta charset="utf-8">
  <title>$(text "$1")</title>
  <link rel="stylesheet" href="../$(setting pages)/style.css">
</head>
<body class="wide">
<h1>$(text "$1")</h1>
<p class="lead">$(setting organisation)</p>
<table>
$rows
</table>
</body>
</html>
TEXT
    say "$page"
}
