# ---------------------------------------------------------------------------------------------------------------- install

install_agent() {
  platform=$(platform_of_host)
  [ -n "$platform" ] || die 3 "There is no executable of the agent for $(uname -s) on $(uname -m): there are ones for Linux on x86_64 and aarch64."
  [ $manager != plain ] || [ -z "$account" ] || die 2 "--user needs a service of systemd or OpenRC, and this host has none or you chose --no-service."
  check_rights
  check_tools
  keep_choices
  is_upgrade=no
  [ ! -e "$data/agent.json" ] || is_upgrade=yes
  [ $is_upgrade = yes ] || [ -n "$token" ] || die 2 "This host has not joined yet: give a join token with --token. Make one on the server (npx muster join-token create)."
  expect_fingerprint
  make_folder "$prefix" 755
  make_folder "$bin" 755
  # what an installation before this one was stopped at
  rm -rf "$prefix"/.installing.*
  work=$(mktemp -d "$prefix/.installing.XXXXXX") || die 4 "No folder can be made in $prefix."
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  read_release
  check_clock
  verify_server
  fetch_executable
  prepare_account
  prepare_data
  put_in_place
}

# What an installation before this one was told, and this one is not told anew.
keep_choices() {
  [ -n "$proxy" ] || proxy=$(sed -n 's/^  "proxy": "\(.*\)",*$/\1/p' "$settings" 2>/dev/null)
  [ -n "$ca" ] || [ ! -e "$data/ca.pem" ] || ca=$data/ca.pem
  case $manager in
    systemd) [ -n "$account" ] || account=$(sed -n 's/^User=//p' $unit 2>/dev/null) ;;
    openrc) [ -n "$account" ] || account=$(sed -n 's/^command_user="*\([^"]*\)"*$/\1/p' $script 2>/dev/null) ;;
  esac
}

platform_of_host() {
  [ "$(uname -s)" = Linux ] || return 0
  case $(uname -m) in
    # a 32-bit system on a 64-bit kernel cannot start what is made for 64 bits
    x86_64 | amd64) [ "$(getconf LONG_BIT 2>/dev/null || echo 64)" = 64 ] && echo linux-x64 ;;
    aarch64 | arm64) [ "$(getconf LONG_BIT 2>/dev/null || echo 64)" = 64 ] && echo linux-arm64 ;;
  esac
}

check_rights() {
  [ "$(id -u)" != 0 ] || return 0
  if [ $manager != plain ] || [ -n "$account" ]; then
    die 4 "Root is needed to make a service: run it with sudo, or choose --no-service with a --prefix and a --data-dir of your own."
  fi
  for folder in "$prefix" "$data"; do
    is_writable "$folder" || die 4 "$folder cannot be written by $(id -un): run it with sudo, or choose a --prefix and a --data-dir of your own."
  done
}

# the folder, or the nearest one above it that is there
is_writable() {
  near=$1
  while [ ! -e "$near" ]; do near=$(dirname "$near"); done
  [ -d "$near" ] && [ -w "$near" ]
}

check_tools() {
  for tool in uname sed grep cut tr wc mktemp df id cat cp chmod mv ln readlink tail sleep; do
    has $tool || die 3 "This host has no $tool, which the installer needs."
  done
  [ -n "$from" ] || has curl || has wget || die 3 "This host has neither curl nor wget to download with: install one of them, or bring the files and name their folder with --from."
  has sha256sum || has shasum || has openssl || die 3 "This host has none of sha256sum, shasum and openssl to verify the download with: install one of them."
  has base64 || has openssl || die 3 "This host has neither base64 nor openssl to read the key of the server with: install one of them."
}

# Which key the server has to show: what the person gave counts more than what the script came with.
expect_fingerprint() {
  in_token=''
  case $token in *.*) in_token=${token##*.} ;; esac
  if [ -n "$fingerprint" ] && [ -n "$in_token" ] && [ "$fingerprint" != "$in_token" ]; then
    die 6 "The token is of a server with the fingerprint $in_token, and --fingerprint says $fingerprint: one of the two is wrong."
  fi
  expected=${fingerprint:-${in_token:-$server_fingerprint}}
  [ $is_upgrade = yes ] || return 0
  pinned=$(fingerprint_of_key "$(sed -n 's/^ *"serverPublicKey": *"\([A-Za-z0-9+\/=]*\)".*$/\1/p' "$data/agent.json" 2>/dev/null)")
  [ -z "$pinned" ] || [ "$expected" = "$pinned" ] ||
    die 12 "This host has joined another server: the key in $data has the fingerprint $pinned, and $expected is expected. Remove the agent first (--uninstall), or choose another --data-dir and --prefix."
}

make_folder() {
  [ -d "$1" ] && return 0
  # the modes of what is above it follow the umask
  mkdir -p "$1" 2>/dev/null || { no_space_at "$1" && die 7 "There is no space left for $1."; die 4 "The folder $1 cannot be made."; }
  chmod "$2" "$1"
}

no_space_at() {
  near=$1
  while [ ! -e "$near" ]; do near=$(dirname "$near"); done
  [ "$(free_kilobytes "$near")" = 0 ]
}

free_kilobytes() { df -Pk "$1" 2>/dev/null | sed -n 2p | tr -s ' ' | cut -d ' ' -f 4; }

clean_up() {
  ended=$?
  trap - EXIT
  [ -z "$work" ] || rm -rf "$work"
  # of an installation that came to nothing
  rmdir "$bin" "$prefix" 2>/dev/null
  exit $ended
}

