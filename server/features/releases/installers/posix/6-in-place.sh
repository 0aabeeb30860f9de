# ---------------------------------------------------------------------------------------------------------- in its place

# Beside the old one, and then the name is given to it in one step.
put_in_place() {
  before=$(readlink "$link" 2>/dev/null)
  if [ -e "$work/muster-agent" ]; then mv "$work/muster-agent" "$fresh" || die 7 "$fresh cannot be written."; fi
  if [ "$before" = "${fresh##*/}" ] && [ $changed = no ] && has_service && has_starter && "$link" status --dir "$data" >"$work/answer" 2>/dev/null </dev/null; then
    say "Nothing to do: $(cat "$work/answer")"
    return 0
  fi
  write_starter
  write_service
  stop_agent
  rm -f "$data/state.json"
  point_at "${fresh##*/}"
  start_agent
  if await_online; then
    forget_token
    remove_others
    say "$answer"
    tell_how_it_starts
    return 0
  fi
  give_up $online
}

point_at() {
  ln -sf "$1" "$bin/.muster-agent.new" && mv -f "$bin/.muster-agent.new" "$link" || die 7 "$link cannot be written."
  if has restorecon; then restorecon -RF "$prefix" >/dev/null 2>&1; fi
  if [ "$prefix" = /opt/muster-agent ] && [ -d /usr/local/bin ] && { [ ! -e /usr/local/bin/muster-agent ] || [ -L /usr/local/bin/muster-agent ]; }; then
    ln -sf "$link" /usr/local/bin/muster-agent
  fi
}

await_online() {
  say "Waiting until the server shows this host Online."
  answer=$("$link" status --dir "$data" --wait "$wait" 2>&1 </dev/null)
  online=$?
  [ $online = 0 ]
}

# The token is spent: nobody needs it any more.
forget_token() {
  grep -q '^  "joinToken": ' "$settings" || return 0
  sed -e '/^[{}]$/d' -e 's/,$//' "$settings" >"$work/settings"
  drop_one joinToken
  save_settings
  own_data
}

# this one and the one before it stay
remove_others() {
  for each in "$bin"/muster-agent-*; do
    case ${each##*/} in
      "${fresh##*/}" | "$before") ;;
      *) rm -f "$each" ;;
    esac
  done
}

# give_up CODE: an upgrade goes back to what it was; a host that could not join is left without a service
give_up() {
  if [ $is_upgrade = yes ] && [ -n "$before" ] && [ "$before" != "${fresh##*/}" ] && [ -x "$bin/$before" ]; then
    stop_agent
    restore_settings
    rm -f "$data/state.json"
    point_at "$before"
    start_agent
    "$link" status --dir "$data" --wait "$wait" >/dev/null 2>&1 </dev/null && back='is running again' || back='was put back'
    rm -f "$fresh"
    die 10 "The agent $version did not get Online in $wait s ($answer). The one before it $back."
  fi
  case $1 in
    5) die 5 "$answer The agent goes on trying." ;;
    10) die 10 "The host was not Online within $wait s: $answer The agent goes on trying; $(where_is_log)." ;;
    *)
      stop_agent
      [ $is_upgrade = yes ] || remove_service
      die "$1" "$answer"
      ;;
  esac
}

where_is_log() {
  if [ $manager = systemd ]; then echo "its log: journalctl -u muster-agent"; else echo "its log: $data/agent.log"; fi
}

tell_how_it_starts() {
  [ $manager = plain ] || return 0
  if [ $wants_service = no ]; then why='as you asked'; else why='this host has neither systemd nor OpenRC'; fi
  say "It runs in the background and not as a service ($why): have it started with the host by: $starter --stay"
}

