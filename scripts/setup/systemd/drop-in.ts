/** What the unit in deploy/systemd does not allow and this host's settings need, as an addition to it; undefined: nothing. */
export function dropInFor({ dataDir, port }: { readonly dataDir: string; readonly port: number }): string | undefined {
  const lines = [
    ...(dataDir === '/var/lib/muster' ? [] : [`ReadWritePaths=${escaped(dataDir)}`]),
    ...(isHome(dataDir) ? ['ProtectHome=no'] : []),
    ...(port > 0 && port < 1024
      ? ['CapabilityBoundingSet=CAP_NET_BIND_SERVICE', 'AmbientCapabilities=CAP_NET_BIND_SERVICE']
      : []),
  ];
  return lines.length === 0 ? undefined : ['# written by setup_server.sh', '[Service]', ...lines, ''].join('\n');
}

const isHome = (path: string): boolean => /^\/(home|root|run\/user)(\/|$)/.test(path);

/** As a unit reads a path: `%` begins a specifier, and a space would end it. */
const escaped = (path: string): string => `"${path.replaceAll('%', '%%').replace(/["\\]/g, '\\$&')}"`;
