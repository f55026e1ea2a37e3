# Writes withlock's completion for bash.
END {
    for (i = 1; i <= count; i++) {
        short = letter[i] ? "-" letter[i] : ""
        words = words (words ? " " : "") (short ? short " " : "") "--" name[i]
        if (!value[i])
            continue
        takes = takes (takes ? " | " : "") (short ? short " | " : "") "--" name[i]
        if (choices(value[i]))
            values = values "        --" name[i] ") COMPREPLY=($(compgen -W '" choices(value[i]) \
                     "' -- \"$word\")) ;;\n"
        if (value[i] == "FILE")
            values = values "        --" name[i] ") COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
    }
    print "# bash completion for withlock(1): its options, their values, then the command's own words."
    print "# IDs and labels of those who hold the lock or wait, as far as that can be found out in 2 s"
    print "# without asking anybody anything (a program without a terminal does not)."
    print "_withlock_contenders()"
    print "{"
    print "    local words"
    print "    read -ra words <<<\"${COMP_LINE%%--break*}\""
    print "    setsid -w timeout 2 \"${COMP_WORDS[0]}\" \"${words[@]:1}\" --status --json 2>/dev/null </dev/null |"
    print "        grep -oE '\"(id|label)\":\"[^\"]+\"' | sed 's/.*:\"//; s/\"$//'"
    print "}"
    print "_withlock()"
    print "{"
    print "    local word=${COMP_WORDS[COMP_CWORD]} option= begun= at=1"
    print "    COMPREPLY=()"
    print "    while ((at < COMP_CWORD)) && [[ ! $begun ]]; do"
    print "        case ${COMP_WORDS[at]} in"
    print "        " takes ")"
    print "            option=${COMP_WORDS[at]}"
    print "            [[ ${COMP_WORDS[at + 1]} == = ]] && ((at++)) # bash parts --name=value"
    print "            ((at += 2)) ;;"
    print "        --) begun=1 && ((at++)) ;;"
    print "        -*) ((at++)) ;;"
    print "        *) begun=1 ;;"
    print "        esac"
    print "    done"
    print "    if ((at > COMP_CWORD)); then"
    print "        [[ $word == = ]] && word="
    print "        case $option in"
    printf "%s", values
    print "        --break) COMPREPLY=($(compgen -W \"$(_withlock_contenders)\" -- \"$word\")) ;;"
    print "        --profile)"
    print "            COMPREPLY=($(compgen -W \"$(sed -n 's/^ *\\[\\(profile  *\\)\\{0,1\\}\\([^] ]*\\)\\].*/\\2/p' \\"
    print "                \"${AWS_CONFIG_FILE:-$HOME/.aws/config}\" \\"
    print "                \"${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}\" 2>/dev/null)\" -- \"$word\")) ;;"
    print "        esac"
    print "    elif [[ ! $begun && $word == -* ]]; then"
    print "        COMPREPLY=($(compgen -W '" words "' -- \"$word\"))"
    print "    elif declare -F _command_offset >/dev/null; then"
    print "        _command_offset \"$at\""
    print "    elif ((at == COMP_CWORD)); then"
    print "        COMPREPLY=($(compgen -c -- \"$word\"))"
    print "    fi"
    print "}"
    print "complete -o bashdefault -o default -F _withlock withlock"
}
