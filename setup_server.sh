#!/bin/sh
# Sets up a Muster server from this folder, a checkout or an unpacked bundle, and starts it. With explanations: docs/setup.md.
set -u

usage() {
  cat <<'HELP'
Sets up a Muster server from this folder and starts it. Run again, it goes on with what is there.

  --port NUMBER        port for the dashboard, the API and the agents (default: 8000)
  --host ADDRESS       address to listen on, such as 0.0.0.0 (default: 127.0.0.1, for this host alone)
  --public-url URL     how agents and browsers reach this server
  --data-dir DIR       folder of everything that it keeps (default: data in this folder; as a service: /var/lib/muster)
  --service            install it as a service of systemd, which starts with the host (needs root)
  --skip-env-setup     do not ask npm: the packages are installed
  --help               this text

Each may be written as in PowerShell, too: -Port 9000, -SkipEnvSetup. Without --service it runs until Ctrl-C.

Exit codes: 0 done, 1 unexpected, 2 wrong option, 3 host not supported or a tool is missing, 4 no rights, 10 it did not come up.
HELP
}

top=$(cd "$(dirname "$0")" && pwd) || exit 1
# shellcheck source=scripts/setup/shell/lines.sh
. "$top/scripts/setup/shell/lines.sh"
# shellcheck source=scripts/setup/shell/options.sh
. "$top/scripts/setup/shell/options.sh"
# shellcheck source=scripts/setup/shell/runtime.sh
. "$top/scripts/setup/shell/runtime.sh"

given_port='' given_host='' given_publicurl='' given_datadir='' given_service='' given_skipenvsetup=no given_help=''
read_options 'port host publicurl datadir' 'service skipenvsetup help h' "$@"
[ -z "$given_help${given_h:-}" ] || { usage && exit 0; }
prepare_runtime "$given_skipenvsetup"
exec "$node" "$top/scripts/setup-server.ts" \
  ${given_port:+"--port=$given_port"} \
  ${given_host:+"--host=$given_host"} \
  ${given_publicurl:+"--public-url=$given_publicurl"} \
  ${given_datadir:+"--data-dir=$given_datadir"} \
  ${given_service:+--service}
