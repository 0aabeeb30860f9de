# ---------------------------------------------------------------------------------------------------------------- options

read_options() {
  while [ $# -gt 0 ]; do
    option=$1
    shift
    case $option in
      --help | -h) usage && exit 0 ;;
      --uninstall) action=uninstall && continue ;;
      --no-service) wants_service=no && continue ;;
      --any-clock) any_clock=yes && continue ;;
      --*=*) value=${option#*=} option=${option%%=*} ;;
      --*)
        [ $# -gt 0 ] || die 2 "$option needs a value. See --help."
        value=$1
        shift
        ;;
      *) die 2 "$option is no option. See --help." ;;
    esac
    [ -n "$value" ] || die 2 "$option needs a value that is not empty."
    case $option in
      --token) token=$value ;;
      --name) name=$value ;;
      --tags) tags=$value ;;
      --slots) slots=$value ;;
      --server) server_url=${value%/} given_server=$server_url ;;
      --proxy) proxy=$value ;;
      --ca) ca=$value ;;
      --from) from=${value%/} ;;
      --fingerprint) fingerprint=$value ;;
      --user) account=$value ;;
      --data-dir) data=${value%/} ;;
      --prefix) prefix=${value%/} ;;
      --wait) wait=$value ;;
      *) die 2 "$option is no option. See --help." ;;
    esac
  done
}

check_options() {
  is_folder "$data" || die 2 "--data-dir must be a whole path of letters, digits, dot, dash, underscore and slash, such as /srv/muster-agent, and not $data."
  is_folder "$prefix" || die 2 "--prefix must be a whole path of letters, digits, dot, dash, underscore and slash, such as /srv/muster, and not $prefix."
  [ "$data" != "$prefix" ] || die 2 "--data-dir and --prefix must be two folders."
  is_only '0-9' "$wait" && [ ${#wait} -le 5 ] || die 2 "--wait must be a number of seconds and not $wait."
  [ -z "$slots" ] || is_only '0-9' "$slots" || die 2 "--slots must be a number and not $slots."
  case $server_url in
    http://?* | https://?*) ;;
    *) die 2 "--server must be a URL that begins with http:// or https://, and not $server_url." ;;
  esac
  case $proxy in
    '' | http://?*) ;;
    *) die 2 "--proxy must be a URL that begins with http://, and not $proxy." ;;
  esac
  [ -z "$account" ] || is_only 'A-Za-z0-9_.-' "$account" || die 2 "--user must be the name of an account, and not $account."
  [ -z "$ca" ] || [ -r "$ca" ] || die 2 "--ca: $ca cannot be read."
  [ -z "$from" ] || [ -r "$from/release.txt" ] || die 2 "--from: $from/release.txt cannot be read. The folder has to hold what the server has under /downloads, by the same names."
  [ "$account" != root ] || account=''
  fingerprint=$(printf %s "$fingerprint" | tr 'A-F' 'a-f' | tr -d ':')
  [ -z "$fingerprint" ] || { is_only '0-9a-f' "$fingerprint" && [ ${#fingerprint} -eq 32 ]; } ||
    die 2 "--fingerprint must be 32 hexadecimal digits."
  case $token in
    '') ;;
    mjt_?*.*) is_only '0-9a-f' "${token##*.}" && [ ${#token} -lt 200 ] && is_only 'A-Za-z0-9_.-' "$token" || bad_token ;;
    *) bad_token ;;
  esac
}

bad_token() { die 8 "This is not a join token: one looks like mjt_(letters).(digits). Copy it whole, or make one on the server (npx muster join-token create)."; }

# is_only CHARACTERS TEXT: the text is of these characters alone, and there is one
is_only() {
  case $2 in
    '' | *[!$1]*) return 1 ;;
  esac
}

# It stands in a unit file and is removed as a whole at the end.
is_folder() {
  is_only 'A-Za-z0-9/._-' "$1" || return 1
  case $1/ in
    */../* | */./* | *//*) return 1 ;;
    /?*/?*/) ;;
    *) return 1 ;;
  esac
}

# systemd, openrc, or plain: a process in the background
choose_manager() {
  if [ $wants_service = no ]; then
    manager=plain
  elif [ -d /run/systemd/system ] && has systemctl; then
    manager=systemd
  elif has rc-service && has openrc-run; then
    manager=openrc
  else
    manager=plain
  fi
  unit=/etc/systemd/system/muster-agent.service
  script=/etc/init.d/muster-agent
}

