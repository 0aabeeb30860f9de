# --------------------------------------------------------------------------------------------------------------- starter

write_starter() {
  starter_script | sed -e "s|@BIN@|$bin|" -e "s|@DATA@|$data|" >"$starter.new" && chmod 755 "$starter.new" && mv -f "$starter.new" "$starter" ||
    die 7 "$starter cannot be written."
}

has_starter() { [ "$(starter_script | sed -e "s|@BIN@|$bin|" -e "s|@DATA@|$data|")" = "$(cat "$starter" 2>/dev/null)" ]; }

# What stands between a service manager and the agent: it takes an update back that does not get Online.
starter_script() {
  cat <<'STARTER'
#!/bin/sh
# Starts the Muster agent of this host. Written by its installer.
#
#   start-agent          for a service manager, which starts it again: it becomes the agent
#   start-agent --stay   where there is none: it stays, and starts the agent again when that switches to another version
#
# While an update is under way, the file `state` of the agent says so, and it stays in both cases. The new executable has three starts, and a
# time, until the agent removes the word `switching` from the file because its server has welcomed it. Otherwise the one before it is put
# back. Each step may be cut off by the end of the host, and the next start goes on from what is there:
#
#   `switching`, the link is to the old one, all starts left   it was never switched: forgotten, the server orders it again
#   `switching`, the link is to the new one                    takes a start, and watches
#   `switching`, the link is to the old one, starts taken      it was put back: noted
#
# In `A && B || C`, B is a test here, too:
# shellcheck disable=SC2015
set -u

bin='@BIN@'
data='@DATA@'
link=$bin/muster-agent
record=$data/update/state

stays=no agent='' watcher='' watched='' killer='' stopping=no late=no code=''
[ "${1:-}" != --stay ] || stays=yes

MUSTER_AGENT_STARTER_PID=$$
# one heap for all threads, and what is free goes back to the system, also from between what is not: 5 to 9 MB less of an agent that has nothing
# to do
MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=65536 MALLOC_MMAP_THRESHOLD_=16384
export MUSTER_AGENT_STARTER_PID MALLOC_ARENA_MAX MALLOC_TRIM_THRESHOLD_ MALLOC_MMAP_THRESHOLD_

main() {
  left=10
  while [ $left -gt 0 ]; do
    left=$((left - 1))
    read_record
    if [ "$state" = switching ] && [ "$update" != "$watched" ]; then
      end_watch
      watch_it
      # more than an update has starts: what cannot be noted on a broken disk ends all the same
      watched=$update left=10
    fi
    [ "$state" != switching ] || decide
    if [ "$state" = switching ]; then
      run_agent
      if [ $late = yes ]; then
        read_record
        [ "$state" != switching ] || go_back "was not Online within $seconds s"
      fi
    elif [ $stays = yes ]; then
      run_agent
    else
      end_watch
      trap - TERM USR1
      wait_for_person
      exec "$link" run --dir "$data"
    fi
    [ $stopping = no ] || exit ${code:-0}
    if [ $late = yes ]; then
      late=no
      continue
    fi
    read_record
    [ "$state" = switching ] || exit ${code:-0}
    sleep 1
    [ $stopping = no ] || exit 0
  done
  exit ${code:-0}
}

read_record() {
  state='' update='' next='' before='' next_version='' before_version='' seconds=''
  [ -r "$record" ] || return 0
  while read -r key value; do
    case $key in
      state) state=$value ;;
      update) update=$value ;;
      next) next=$value ;;
      before) before=$value ;;
      next-version) next_version=$value ;;
      before-version) before_version=$value ;;
      seconds) seconds=$value ;;
    esac
  done <"$record"
  for each in "$update" "$next" "$before"; do is_only 'A-Za-z0-9.+_-' "$each" || [ "$state" != switching ] || state=''; done
  is_only '0-9' "$seconds" || [ "$state" != switching ] || state=''
}

is_only() {
  case $2 in
    '' | *[!$1]*) return 1 ;;
  esac
}

# Leaves `switching` where the new executable is to be started now.
decide() {
  if [ "$(readlink "$link")" != "$next" ]; then
    if [ "$(starts_left)" = 3 ]; then
      rm -f "$record"
      state=''
    else
      note rolled_back "The update to $next_version was cut off, and $before_version was put back."
    fi
  elif [ ! -f "$bin/$next" ] || [ ! -x "$bin/$next" ]; then
    go_back 'cannot be executed'
  elif ! take_start; then
    go_back "ended again and again before it was Online${code:+ (exit code $code at the last)}"
  fi
}

starts_left() {
  count=0
  for each in 1 2 3; do [ ! -e "$data/update/start-$each" ] || count=$((count + 1)); done
  echo $count
}

# By removing a file, which a full disk lets one do.
take_start() {
  for each in 1 2 3; do
    [ -e "$data/update/start-$each" ] || continue
    rm -f "$data/update/start-$each" 2>/dev/null
    [ ! -e "$data/update/start-$each" ]
    return
  done
  return 1
}

# It tells of itself in a file; what is there now is of the one before it.
run_agent() {
  [ "$state" != switching ] || rm -f "$data/state.json"
  trap 'stopping=yes; end_agent' TERM
  woken=no
  "$link" run --dir "$data" &
  agent=$!
  # it was told so in the meantime
  [ $stopping$late = nono ] || end_agent
  code=''
  while :; do
    wait "$agent" 2>/dev/null
    ended=$?
    # it was told before, with the signal that came at the same time
    [ $ended = 127 ] && [ -n "$code" ] && break
    code=$ended
    # a signal to this script ends the waiting, and not the agent, whose exit code is still to come, however soon it ends
    [ $woken = yes ] && [ $code -gt 128 ] || break
    woken=no
  done
  agent=''
  ! is_child "$killer" || kill -KILL "$killer" 2>/dev/null
  killer=''
}

# What ended long ago has a number that may be another program's by now.
is_child() { [ -n "$1" ] && [ -r "/proc/$1/stat" ] && read -r _ _ _ parent _ 2>/dev/null <"/proc/$1/stat" && [ "$parent" = $$ ]; }

# One that is too late, or hangs, may not answer to a signal; one that was told to stop by a service manager is that one's to kill.
end_agent() {
  woken=yes
  [ -n "$agent" ] || return 0
  kill -TERM "$agent" 2>/dev/null
  [ $late = yes ] && [ -z "$killer" ] || return 0
  (sleep 10 && kill -KILL "$agent") >/dev/null 2>&1 &
  killer=$!
}

# Tells this script when the time is over, for all starts of the new executable together.
watch_it() {
  trap 'late=yes; end_agent' USR1
  (
    trap - TERM USR1
    while [ "$seconds" -gt 0 ]; do
      was=$update rest=$((seconds - 1))
      sleep 1
      read_record
      [ "$state" = switching ] && [ "$update" = "$was" ] && kill -0 $$ 2>/dev/null || exit 0
      seconds=$rest
    done
    kill -USR1 $$
  ) &
  watcher=$!
}

end_watch() {
  ! is_child "$watcher" || kill "$watcher" 2>/dev/null
  # the agent has no children that it does not know
  wait 2>/dev/null
  watcher=''
}

# An agent that ended because somebody has to do something first (it was revoked, say) is not started every two seconds. systemd knows
# that by its exit code; other service managers do not.
wait_for_person() {
  [ -z "${INVOCATION_ID:-}" ] && grep -q '"state":"ended".*"code":"' "$data/state.json" 2>/dev/null || return 0
  echo 'start-agent: the agent ended because somebody has to do something first; it is started again in a minute' >&2
  sleep 60
}

# go_back WHY
go_back() {
  said=$(sed -n 's/.*"why":"\([^"\\]*\).*/\1/p' "$data/state.json" 2>/dev/null | tr -d '[:cntrl:]' | cut -c 1-500 | sed 's/\.$//')
  sentence="The agent $next_version $1${said:+. It said: $said}"
  if [ ! -x "$bin/$before" ]; then
    note failed "$sentence. The one before it is not there any more."
  elif ln -sf "$before" "$bin/.muster-agent.before" && mv -f "$bin/.muster-agent.before" "$link"; then
    note rolled_back "$sentence. The one before it, $before_version, was put back."
  else
    note failed "$sentence. The one before it could not be put back, because $bin cannot be written."
  fi
}

# note STATE SENTENCE; where that cannot be written, the agent that is started now has nothing to tell, and the server finds out by itself
note() {
  state=$1
  echo "start-agent: $2" >&2
  printf 'update %s\nstate %s\nmessage %s\n' "$update" "$1" "$2" 2>/dev/null >"$record.new" && mv -f "$record.new" "$record" 2>/dev/null ||
    rm -f "$record.new" "$record" 2>/dev/null
  rm -f "$data/update/start-1" "$data/update/start-2" "$data/update/start-3" 2>/dev/null
}

main
STARTER
}

