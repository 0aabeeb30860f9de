# --------------------------------------------------------------------------------------------------------- account, folders

prepare_account() {
  [ -n "$account" ] || return 0
  id "$account" >/dev/null 2>&1 && return 0
  has useradd || has adduser || die 3 "The account $account is not there, and this host has neither useradd nor adduser to make it."
  if has useradd; then
    useradd --system --home-dir "$data" --no-create-home --shell /bin/sh "$account" </dev/null
  else
    adduser -S -D -H -h "$data" -s /bin/sh "$account" </dev/null
  fi >"$work/complaint" 2>&1 || die 4 "The account $account cannot be made ($(complaint))."
  printf '%s\n' "$account" >"$prefix/made-account"
}

prepare_data() {
  make_folder "$data" 700
  chmod 700 "$data" || die 4 "The folder $data belongs to somebody else."
  [ -z "$ca" ] || [ "$ca" = "$data/ca.pem" ] || cat "$ca" >"$data/ca.pem" || die 7 "$data/ca.pem cannot be written."
  changed=no
  write_settings
  own_data
  problem=$("$(at_hand)" check --dir "$data" 2>&1 </dev/null) || {
    restore_settings
    die 2 "The agent cannot start with these settings: $problem"
  }
}

# the executable before it is in its place
at_hand() { if [ -e "$work/muster-agent" ]; then printf %s "$work/muster-agent"; else printf %s "$fresh"; fi; }

own_data() {
  [ -z "$account" ] || chown -R "$account" "$data" || die 4 "The folder $data cannot be given to $account."
}

# One setting a line, so that a shell can read it back; lines that somebody added stay.
write_settings() {
  : >"$work/settings"
  if [ -e "$settings" ]; then
    sed -e '/^[{}]$/d' -e 's/,$//' "$settings" >"$work/settings"
    if grep -v -q '^  "[A-Za-z]*": [^ ]' "$work/settings"; then
      die 2 "$settings was changed by hand so that the installer cannot read it: write one setting a line, as it did."
    fi
    cp -p "$settings" "$work/settings.before"
  fi
  # a host that has joined is asked for no token again
  [ $is_upgrade = no ] && set_one joinToken "$token"
  # a host that has joined keeps its way to the server, unless it is told another
  if [ $is_upgrade = no ] || [ -n "$given_server" ]; then set_one server "$server_url"; fi
  set_one name "$name"
  set_one tags "$tags"
  set_one slots "$slots"
  set_one proxy "$proxy"
  [ -z "$ca" ] || set_one ca "$data/ca.pem"
  save_settings
  [ -e "$work/settings.before" ] && is_same "$settings" "$work/settings.before" || changed=yes
}

is_same() { [ "$(cat "$1" 2>/dev/null)" = "$(cat "$2" 2>/dev/null)" ]; }

# set_one KEY VALUE; an empty value changes nothing
set_one() {
  [ -n "$2" ] || return 0
  drop_one "$1"
  printf '  "%s": "%s"\n' "$1" "$(printf %s "$2" | tr -d '[:cntrl:]' | sed 's/[\\"]/\\&/g')" >>"$work/settings"
}

drop_one() {
  sed "/^  \"$1\": /d" "$work/settings" >"$work/settings.left"
  mv "$work/settings.left" "$work/settings"
}

save_settings() {
  (
    umask 077
    {
      echo '{'
      sed '$!s/$/,/' "$work/settings"
      echo '}'
    } >"$settings.new"
  ) && mv "$settings.new" "$settings" || die 7 "$settings cannot be written."
}

restore_settings() {
  if [ -e "$work/settings.before" ]; then
    cp -p "$work/settings.before" "$settings"
  else
    rm -f "$settings" "$data/ca.pem"
    rmdir "$data" 2>/dev/null
  fi
}

