#!/bin/sh
# lockkeeper's far runner: runs one command on this host, and keeps its result whatever becomes of the connection.
# Standard input: lines NAME=value, an empty line, then a line for each heartbeat. Standard output: "lockkeeper-far 1 BOOT_ID
# STATE_ID", then the messages of message.rs. FAR_ORDER rises with the fence and the steps of one fence. Each instance has a
# folder with "lock", its newest "order" and a folder for each start, whose keeper holds the lock "alive" while it lives.
set -u && umask 077
nl=$(printf '\nx') && nl=${nl%x}
say() { printf '%s\n' "$*"; }
fail() { say "failed $*" && exit; }
nap() { sleep "$1" 2>/dev/null || sleep 1; }
seconds() { read -r now _ </proc/uptime && now=${now%%.*}; }
# Sets a variable to the first line of a file. Fails if there is none.
get() { { IFS= read -r "$1" <"$2"; } 2>/dev/null; }
FAR_VERB=${1-} FAR_OUT=0 FAR_ERR=0 FAR_REASON=superseded all='' word='' complete='' newest=0 mask=${FAR_UMASK-022}
unset FAR_UMASK && set --
while IFS= read -r line; do
    [ -n "$line" ] || { complete=yes && break; }
    all=$all$line$nl
    case $line in
    FAR_ARGUMENT=*) set -- "$@" "${line#*=}" ;;
    FAR_VERB=*) FAR_VERB=${FAR_VERB:-${line#*=}} ;;
    FAR_*) eval "${line%%=*}=\${line#*=}" ;; # the worker chooses these names
    LOCKKEEPER_START=*) word=${line#*=} ;;
    esac
done
[ -n "$complete" ] || exit 1
get boot /proc/sys/kernel/random/boot_id || fail "/proc cannot be read"
case ${FAR_LOG-}/${FAR_INSTANCE-}/${FAR_FOLDER-}/${FAR_ORDER-}/$word in
*[!0-9A-Za-z/-]* | /* | *//* | */) fail "the order is not complete" ;;
esac
state=${0%/runner/*}
i=$state/$FAR_LOG/$FAR_INSTANCE
d=$i/$FAR_FOLDER
# Prints the processes of the start in $d: those of its session and, unless $1 is "session", those with its word. If $1 is
# "lost", its keeper is gone: the session may be another's by now, unless one of its processes has the word.
members() {
    mode=$1 sid=none its=$word marked='' ours=''
    get sid "$d/pid" && get its "$d/word"
    # Its fields: process, name, state, parent, group, session.
    session=$(grep -slE "^[0-9]+ \(.*\) [^Z] [0-9]+ [0-9]+ $sid " /proc/[0-9]*/stat | tr -dc '0-9\n')
    [ "$mode" = session ] || marked=$(grep -sl "LOCKKEEPER_START=$its" /proc/[0-9]*/environ | tr -dc '0-9\n')
    for p in $session; do case "$nl$marked$nl" in *"$nl$p$nl"*) ours=yes ;; esac; done
    [ "$mode" != lost ] || [ -n "$ours" ] || session=''
    say "$session$nl$marked" | sort -nu | sed '/^$/d'
}
# Ends them: SIGTERM to each, the grace, SIGKILL. Sets took to the seconds and by to the last signal, or fails, and sets left.
end_members() {
    seconds && since=$now by=TERM asked=' ' took=0
    while left=$(members "$1" | tr '\n' ' ') && [ -n "$left" ]; do
        seconds && took=$((now - since))
        [ $took -lt "$FAR_GRACE" ] || { by=KILL && [ $took -lt $((FAR_GRACE + 10)) ]; } || return 1
        for p in $left; do
            case $by$asked in TERM*" $p "*) ;; *) kill -s $by "$p" 2>/dev/null ;; esac
            asked="$asked$p "
        done
        nap 0.2
    done
}
# Files that must also be written on a full disk are written into space that was reserved, and renamed.
reserve() { printf '%300s\n' ' ' >"$d/$1.new"; }
finish() { say "$boot $*" 1<>"$d/result.new" && mv "$d/result.new" "$d/result"; }
kept() { ! flock -s -n "$d/alive" true 2>/dev/null; }
order_stop() { [ -s "$d/stop" ] || { say "$FAR_REASON $FAR_GRACE" 1<>"$d/stop.new" && mv "$d/stop.new" "$d/stop"; }; }
# Sets what to the state of the start in $d: none, running, lost or ended. Ends what is left after its keeper was killed.
look() {
    was='' what=ended
    get was "$d/boot"
    if [ -e "$d/result" ]; then return
    elif [ ! -e "$d/alive" ]; then what=none
    elif [ "$was" != "$boot" ]; then what=lost # nothing of an earlier boot runs
    elif kept; then what=running
    elif [ ! -s "$d/pid" ]; then finish none
    else { end_members lost && finish lost; } || finish unknown "$left"; fi
}
# Takes the lock of the instance, unless another call has it, and records a higher order.
lock() {
    { mkdir -p "$i" && exec 9>"$i/lock"; } || fail "$i cannot be written"
    flock -n 9 || { say busy && exit; }
    get newest "$i/order"
    [ "$FAR_ORDER" -le "$newest" ] || { say "$FAR_ORDER" >"$i/order.new" && mv "$i/order.new" "$i/order"; } ||
        fail "$i cannot be written"
}
# Ends the start in $d. Fails if that is not certain, with what is left in left.
end_start() {
    look
    [ "$what" != running ] || order_stop
    while [ "$what" = running ]; do nap 0.2 && look; done
    result='' && get result "$d/result"
    case $result in *' unknown '*) end_members lost ;; esac
}
# Removes the start in $d, but not while a process works in its directory.
remove() { ls -nd /proc/[0-9]*/cwd 2>/dev/null | grep -qF -- "-> $d/cwd" || rm -rf "$d"; }
check_interpreter() { [ -x "${1-}" ] || fail "the interpreter ${1-} of $FAR_PROGRAM cannot be executed on this host"; }
# Makes the folder of a start, and starts its keeper in a session of its own.
launch() {
    { [ -f "$FAR_PROGRAM" ] && [ -x "$FAR_PROGRAM" ]; } || fail "$FAR_PROGRAM is not an executable file of this host"
    [ -d "${FAR_DIRECTORY:-/}" ] || fail "the directory $FAR_DIRECTORY does not exist on this host"
    first='' && get first "$FAR_PROGRAM"
    # shellcheck disable=SC2086 # the first word is the interpreter
    case $first in '#!'*) check_interpreter ${first#??} ;; esac
    seconds
    { mkdir -p "$i" && mkdir "$d" "$d/cwd" && : >"$d/out" && : >"$d/err" && reserve result && reserve stop &&
        reserve stopped && say "$word" >"$d/word" && say "$now" >"$d/since" && say "$now" >"$d/beat" &&
        say "$boot" >"$d/boot"; } || fail "$d cannot be written"
    exec 8>"$d/alive" && flock 8
    say "${all}FAR_UMASK=$mask$nl" | setsid sh "$0" keep >/dev/null 2>&1 3<&- 9>&- &
    exec 8>&-
}
# Runs the command to its end, with the lock "alive" as descriptor 8.
keep() {
    (
        read -r pid _ </proc/self/stat && say "$pid" >"$d/pid" && cd "${FAR_DIRECTORY:-$d/cwd}" && umask "$FAR_UMASK" || exit
        FAR_SETSID=$(command -v setsid) FAR_ALL=$all FAR_NL=$nl
        while [ -n "$FAR_ALL" ]; do
            case $FAR_ALL in FAR_*) ;; *) export "${FAR_ALL%%"$FAR_NL"*}" ;; esac
            FAR_ALL=${FAR_ALL#*"$FAR_NL"}
        done
        exec "$FAR_SETSID" "$FAR_PROGRAM" "$@"
    ) </dev/null >>"$d/out" 2>>"$d/${FAR_ERRORS:-err}" 8>&- &
    child=$!
    (exec 8>&- && watch_over) & # a redirection of the function itself would keep a copy
    watcher=$! ended='' && wait $child
    status=$?
    while [ -e "$d/stopping" ] && [ ! -e "$d/stopped" ] && kill -0 $watcher; do nap 0.1; done
    get ended "$d/stopped"
    [ -s "$d/pid" ] || ended=none
    # What was started last may be about to leave the session.
    stayed=0 turns=0
    while [ -z "$ended" ] && stayed=$(members session | wc -l) && [ $((stayed)) != 0 ] && [ $turns -lt 5 ]; do
        turns=$((turns + 1)) && nap 0.2
    done
    if [ -n "$ended" ]; then finish "$ended"
    elif [ $((stayed)) = 0 ] || end_members session; then finish exit $status $((stayed))
    else finish unknown "$left"; fi
}
# Ends the command when that is ordered or its worker is gone, and empties files that have become too long.
watch_over() {
    seconds && beat=$now
    while kill -0 $$ 2>/dev/null && nap 0.5; do
        for name in out err; do
            [ "$(wc -c <"$d/$name")" -le 67108864 ] || (
                flock 7 && gone=0 && get gone "$d/$name.gone"
                say $((gone + $(wc -c <"$d/$name"))) >"$d/$name.gone" && : >"$d/$name"
            ) 7>"$d/cut"
        done
        seconds && get newer "$d/beat" && beat=$newer
        [ $((now - beat)) -lt "$FAR_ORPHAN_TIMEOUT" ] || { FAR_REASON=orphaned && order_stop; }
        [ -s "$d/stop" ] && read -r FAR_REASON FAR_GRACE <"$d/stop" && : >"$d/stopping" || continue
        if end_members all; then say "stop $FAR_REASON $took $by"; else say "unknown $left"; fi 1<>"$d/stopped.new"
        mv "$d/stopped.new" "$d/stopped" && return
    done
}
# Passes on what a stream has beyond the offset, at most 1 MiB, and sets offset to the end of that. Fails if that is nothing.
pass_on() {
    offset=$2 gone=0
    exec 7>"$d/cut" && flock -s 7
    get gone "$d/$1.gone"
    [ "$offset" -ge "$gone" ] || offset=$gone
    bytes=$((gone + $(wc -c <"$d/$1") - offset))
    [ $bytes -le 1048576 ] || bytes=1048576
    [ $bytes -le 0 ] || { say "$1 $offset $bytes" && tail -c "+$((offset - gone + 1))" "$d/$1" | head -c $bytes; }
    exec 7>&- && [ $bytes -gt 0 ] && offset=$((offset + bytes))
}
# Follows the start in $d to its end.
follow() {
    { while IFS= read -r _; do seconds && say "$now" 1<>"$d/beat"; done; kill $$; } <&3 >/dev/null 2>&1 &
    listener=$! turns=0 what=running seen=''
    seconds && get since "$d/since" && say "running $((now - since))"
    while [ "$what" = running ]; do
        turns=$((turns + 1)) more=yes
        [ ! -e "$d/result" ] && { [ $((turns % 10)) != 0 ] || kept; } || look
        sizes=$(wc -c "$d/out" "$d/err") && [ "$seen" = "$what $sizes" ] && more=''
        seen="$what $sizes"
        while [ -n "$more" ]; do
            pass_on out "$FAR_OUT" && FAR_OUT=$offset || more=''
            pass_on err "$FAR_ERR" && FAR_ERR=$offset more=yes
        done
        [ "$what" != running ] || { [ $turns -gt 20 ] && nap 0.5; } || nap 0.1
    done
    kill $listener
    get result "$d/result" && say "ended $result"
}
[ "$FAR_VERB" != keep ] || { keep "$@" && exit; }
[ -O "$state" ] || fail "$state belongs to another user"
get id "$state/id" || { cat /proc/sys/kernel/random/uuid >"$state/id.$$" && ln "$state/id.$$" "$state/id"; } 2>/dev/null
rm -f "$state/id.$$" && get id "$state/id" || fail "$state cannot be written"
exec 3<&0 && say "lockkeeper-far 1 $boot $id"
case $FAR_VERB in
start)
    lock
    [ "$FAR_ORDER" -gt "$newest" ] || { say "fenced $newest" && exit; }
    for d in "$i"/step-*; do end_start && remove || { say "busy $left" && exit; }; done
    for d in "$i"/probe-*; do kept || remove; done
    d=$i/$FAR_FOLDER && launch "$@" && exec 9>&- && follow ;;
status | follow | stop)
    lock
    look
    [ "$FAR_VERB$what" != stoprunning ] || order_stop
    exec 9>&-
    case $FAR_VERB$what in followrunning | followended) follow ;; *) say "$what" ;; esac ;;
clean) kept || remove ;;
probe) launch "$@" && follow && remove ;; # no fence concerns it
esac
