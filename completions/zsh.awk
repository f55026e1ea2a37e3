# Writes withlock's completion for zsh.
function quoted(text) {
    gsub(/'/, "'\\''", text)
    gsub(/\[|\]|:/, "\\\\&", text)
    return text
}
END {
    print "#compdef withlock"
    print "# zsh completion for withlock(1): its options, their values, then the command's own words."
    print "_withlock_profiles() {"
    print "    local -a names"
    print "    names=(${(f)\"$(sed -n 's/^ *\\[\\(profile  *\\)\\{0,1\\}\\([^] ]*\\)\\].*/\\2/p' \\"
    print "        ${AWS_CONFIG_FILE:-~/.aws/config} ${AWS_SHARED_CREDENTIALS_FILE:-~/.aws/credentials} \\"
    print "        2>/dev/null)\"})"
    print "    compadd -a names"
    print "}"
    print "# IDs and labels, as far as they can be found out in 2 s without asking anybody anything."
    print "_withlock_contenders() {"
    print "    local -a names given"
    print "    given=(${(Q)words[1,CURRENT-1]})"
    print "    given=(${given[1,${given[(I)--break*]}-1]})"
    print "    names=(${(f)\"$(setsid -w timeout 2 $given --status --json 2>/dev/null </dev/null |"
    print "        grep -oE '\"(id|label)\":\"[^\"]+\"' | sed 's/.*:\"//; s/\"$//')\"})"
    print "    compadd -a names"
    print "}"
    print "_arguments -s -S \\"
    for (i = 1; i <= count; i++) {
        action = ":" value[i] ":"
        if (choices(value[i]))
            action = ":" name[i] ":(" choices(value[i]) ")"
        else if (value[i] == "FILE")
            action = ":file:_files"
        else if (name[i] == "break")
            action = ":contender:_withlock_contenders"
        else if (name[i] == "profile")
            action = ":profile:_withlock_profiles"
        long = "--" name[i] (value[i] ? "=" : "")
        short = letter[i] (value[i] ? "+" : "")
        explained = "'[" quoted(help[i]) "]" (value[i] ? action : "") "' \\"
        if (name[i] == "verbose") # counts
            print "    '*'{-" short "," long "}" explained
        else if (letter[i])
            print "    '(-" letter[i] " --" name[i] ")'{-" short "," long "}" explained
        else
            print "    " long explained
    }
    print "    '(-)1:command: _command_names -e' \\"
    print "    '*::arguments: _normal'"
}
