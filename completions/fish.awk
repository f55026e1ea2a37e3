# Writes withlock's completion for fish.
function quoted(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/'/, "\\'", text)
    return "'" text "'"
}
END {
    for (i = 1; i <= count; i++)
        if (value[i])
            takes = takes (letter[i] ? " -" letter[i] : "") " --" name[i]
    print "# fish completion for withlock(1): its options, their values, then the command's own words."
    print "set -g __withlock_takes" takes
    print ""
    print "function __withlock_begun -d 'Is the cursor behind the first word of the command, or behind --?'"
    print "    set -l words (commandline -opc)"
    print "    set -e words[1]"
    print "    while set -q words[1]"
    print "        if contains -- $words[1] $__withlock_takes"
    print "            set -e words[1]"
    print "        else if test $words[1] = --; or not string match -q -- '-*' $words[1]"
    print "            return 0"
    print "        end"
    print "        set -e words[1]"
    print "    end"
    print "    return 1"
    print "end"
    print ""
    print "function __withlock_profiles"
    print "    for file in ~/.aws/config ~/.aws/credentials $AWS_CONFIG_FILE $AWS_SHARED_CREDENTIALS_FILE"
    print "        test -r $file; and string replace -rf '^ *\\[(?:profile +)?([^] ]+)\\].*' '$1' <$file"
    print "    end"
    print "end"
    print ""
    print "# IDs and labels, as far as they can be found out in 2 s without asking anybody anything."
    print "function __withlock_contenders"
    print "    set -l words (commandline -opc)"
    print "    while set -q words[1]; and test $words[-1] != --break"
    print "        set -e words[-1]"
    print "    end"
    print "    set -e words[-1]"
    print "    setsid -w timeout 2 $words --status --json 2>/dev/null </dev/null |"
    print "        string match -rag '\"(?:id|label)\":\"([^\"]+)\"'"
    print "end"
    print ""
    print "complete -c withlock -x -a '(__fish_complete_subcommand $__withlock_takes)'"
    for (i = 1; i <= count; i++) {
        line = "complete -c withlock -n 'not __withlock_begun'" (letter[i] ? " -s " letter[i] : "") \
               " -l " name[i]
        if (choices(value[i]))
            line = line " -x -a " quoted(choices(value[i]))
        else if (value[i] == "FILE")
            line = line " -r -F"
        else if (name[i] == "profile")
            line = line " -x -a '(__withlock_profiles)'"
        else if (name[i] == "break")
            line = line " -x -a '(__withlock_contenders)'"
        else if (value[i])
            line = line " -x"
        print line " -d " quoted(help[i])
    }
}
