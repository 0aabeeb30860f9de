#!/bin/sh
# Joins this host to a Muster server, by the agent of this folder, a checkout or an unpacked bundle. With explanations: docs/setup.md.
set -u

usage() {
  cat <<'HELP'
Joins this host to a Muster server and waits until the server shows it Online. Run again, it goes on with what is there.

  --server-url URL     the server, such as http://muster.example.org:8000 (needed the first time)
  --token TOKEN        join token of the server (or MUSTER_JOIN_TOKEN, which others cannot see); not needed by a host that has joined
  --client-name NAME   name of this host, unique in the fleet (default: the name of the host)
  --tags TAGS          tags to ask for, such as web,env=prod
  --slots NUMBER       how many executions may run at the same time (default: 10)
  --ca FILE            PEM file with the authority that issued the certificate of the server
  --data-dir DIR       folder of all that the agent keeps (default: data/agent in this folder; as a service: /var/lib/muster-agent)
  --service            install it as a service, which starts with the host (needs root)
  --skip-env-setup     do not ask npm: the packages are installed
  --uninstall          remove the agent that --service or a bundle has installed
  --help               this text

Each may be written as in PowerShell, too: -ServerUrl http://…, -SkipEnvSetup. In a checkout without --service it runs until Ctrl-C.

Exit codes: 0 done, 1 unexpected, 2 wrong option, 3 host not supported or a tool is missing, 4 no rights, 5 server not reached, 6 not
the right server, 7 no space, 8 token refused, 9 name taken, 10 not Online in time, 11 clock far off, 12 joined elsewhere or removed there.
HELP
}

top=$(cd "$(dirname "$0")" && pwd) || exit 1
# shellcheck source=scripts/setup/shell/lines.sh
. "$top/scripts/setup/shell/lines.sh"
# shellcheck source=scripts/setup/shell/options.sh
. "$top/scripts/setup/shell/options.sh"
# shellcheck source=scripts/setup/shell/runtime.sh
. "$top/scripts/setup/shell/runtime.sh"

given_serverurl='' given_token='' given_clientname='' given_tags='' given_slots='' given_ca='' given_datadir=''
given_service='' given_uninstall='' given_skipenvsetup=no given_help=''
read_options 'serverurl token clientname tags slots ca datadir' 'service uninstall skipenvsetup help h' "$@"
[ -z "$given_help${given_h:-}" ] || { usage && exit 0; }
prepare_runtime "$given_skipenvsetup"
# not on the command line, where everybody on this host could read it
[ -z "$given_token" ] || export MUSTER_JOIN_TOKEN="$given_token"
exec "$node" "$top/scripts/setup-client.ts" \
  ${given_serverurl:+"--server-url=$given_serverurl"} \
  ${given_clientname:+"--client-name=$given_clientname"} \
  ${given_tags:+"--tags=$given_tags"} \
  ${given_slots:+"--slots=$given_slots"} \
  ${given_ca:+"--ca=$given_ca"} \
  ${given_datadir:+"--data-dir=$given_datadir"} \
  ${given_service:+--service} \
  ${given_uninstall:+--uninstall}
