# The options in `withlock --help`, for the scripts beside this one: letter[i] (or ""), name[i],
# value[i] ("" if it takes none) and help[i], i from 1 to count.
/^ +-/ {
    line = $0
    sub(/^ +/, "", line)
    count++
    letter[count] = ""
    if (line ~ /^-[A-Za-z], /) {
        letter[count] = substr(line, 2, 1)
        line = substr(line, 5)
    }
    match(line, /^--[a-z-]+/)
    name[count] = substr(line, 3, RLENGTH - 2)
    line = substr(line, RLENGTH + 1)
    value[count] = ""
    sub(/^ \[[A-Z]+\]/, "", line) # a value that may be left out
    if (match(line, /^ ([A-Z][A-Z=,.]*|[a-z]+(\|[a-z]+)+) /)) {
        value[count] = substr(line, 2, RLENGTH - 2)
        line = substr(line, RLENGTH)
    }
    sub(/^ +/, "", line)
    help[count] = line
}

# The words a value can be, parted by blanks; "" if it is not one of a few.
function choices(of) {
    if (of !~ /\|/)
        return ""
    gsub(/\|/, " ", of)
    return of
}
