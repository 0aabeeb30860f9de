# -------------------------------------------------------------------------------------------------------------- uninstall

uninstall() {
  if [ ! -e "$link" ] && [ ! -d "$prefix" ] && [ ! -e "$settings" ]; then
    say "There is no agent in $prefix: nothing to remove."
    return 0
  fi
  check_rights
  is_folder_of_agent || die 2 "$data does not look like the folder of an agent, and is not removed: check --data-dir."
  name=$(sed -n 's/^ *"name": *"\([^"]*\)".*$/\1/p' "$data/agent.json" 2>/dev/null)
  there=$(sed -n 's/^ *"serverUrl": *"\([^"]*\)".*$/\1/p' "$data/agent.json" 2>/dev/null)
  stop_agent
  # a server that cannot be reached, or an agent that cannot tell it, keeps nobody from removing it
  told=$("$link" leave --dir "$data" 2>/dev/null </dev/null)
  case $? in
    # the server knows it, or has a reason of its own
    0 | 1) ;;
    *) told='' ;;
  esac
  remove_service
  [ "$(readlink /usr/local/bin/muster-agent 2>/dev/null)" != "$link" ] || rm -f /usr/local/bin/muster-agent
  rm -rf "$data" || die 4 "$data cannot be removed."
  made=$(cat "$prefix/made-account" 2>/dev/null)
  if [ -n "$made" ]; then
    if has userdel; then userdel "$made"; else deluser "$made"; fi >/dev/null 2>&1
  fi
  rm -rf "$bin" "$prefix/made-account" "$prefix"/.installing.* || die 4 "$prefix cannot be removed."
  rmdir "$prefix" 2>/dev/null
  say "The agent is removed from this host."
  [ -n "$told" ] || told="The server at $there still lists $name, which cannot come back: remove it there (npx muster agents remove $name)."
  [ -z "$name" ] || say "$told"
}

is_folder_of_agent() {
  [ ! -e "$data" ] && return 0
  [ -d "$data" ] || return 1
  [ -e "$data/agent.key" ] || [ -e "$settings" ] || [ -z "$(ls -A "$data")" ]
}

main "$@"
