#!/bin/sh
# Installs the Muster agent on this host, or brings it up to date, as a service that starts with the host:
#
#   curl -fsSL SERVER/install.sh | sudo sh -s -- --token TOKEN
#
# Everything is in functions, and the last line calls them: of a script that arrives cut off, nothing is run.
# What is put where, each option and each exit code: docs/install.md.
#
# In `A && B || C`, B is a test here, too, so that C is what follows where one of them does not hold:
# shellcheck disable=SC2015
set -u

server_url='@SERVER_URL@'
server_fingerprint='@FINGERPRINT@'

usage() {
  cat <<'HELP'
Installs the Muster agent on this host and waits until the server shows it Online. Run again, it brings the agent up to date.

  --token TOKEN       join token of the server (or MUSTER_JOIN_TOKEN); not needed by a host that has joined
  --name NAME         name of the agent, unique in the fleet (default: the name of the host)
  --tags TAGS         tags to ask for, such as web,env=prod
  --slots NUMBER      how many executions may run at the same time (default: 10)
  --server URL        another address of the same server
  --proxy URL         HTTP proxy on the way to the server
  --ca FILE           PEM file with the authority that issued the certificate of the server
  --from DIR          take release.txt and the executable, which a server has under /downloads, from this folder
  --fingerprint HEX   fingerprint of the server's key (default: the one in the token)
  --user USER         account that the agent runs as, made if it is not there (default: root)
  --no-service        do not make a service: start the agent once, in the background
  --data-dir DIR      folder of all that the agent keeps (default: /var/lib/muster-agent)
  --prefix DIR        folder of the program (default: /opt/muster-agent)
  --wait SECONDS      how long to wait until the host is Online (default: 60)
  --any-clock         go on although the clock of this host is far from that of the server
  --uninstall         stop the agent and remove it, with its folders
  --help              this text

Exit codes: 0 done, 1 unexpected, 2 wrong option, 3 host not supported, 4 no rights, 5 server not reached, 6 altered or not
the right server, 7 no space, 8 token refused, 9 name taken, 10 not Online in time, 11 clock far off, 12 joined elsewhere or
removed there.
HELP
}

main() {
  umask 022
  given_server='' token=${MUSTER_JOIN_TOKEN:-} name='' tags='' slots='' proxy='' ca='' from='' fingerprint='' account='' wait=60
  wants_service=yes any_clock=no action=install prefix=/opt/muster-agent data=/var/lib/muster-agent work=''
  unset MUSTER_JOIN_TOKEN
  read_options "$@"
  check_options
  bin=$prefix/bin link=$prefix/bin/muster-agent starter=$prefix/bin/start-agent settings=$data/settings.json
  choose_manager
  if [ "$action" = uninstall ]; then uninstall; else install_agent; fi
}

say() { printf '%s\n' "$*"; }

# die CODE SENTENCE
die() {
  code=$1
  shift
  printf 'muster: %s\n' "$*" >&2
  exit "$code"
}

has() { command -v "$1" >/dev/null 2>&1; }

