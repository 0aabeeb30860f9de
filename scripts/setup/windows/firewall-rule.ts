/**
 * What a person has to do on a Windows whose server is for other hosts. A program that a task starts gets no window to ask in, so that Windows
 * Firewall drops what comes in without a word, and everything looks well on the server. Opening a port is for a person to decide.
 */
export const firewallRule = (name: string, port: number): string =>
  `Windows Firewall lets nobody in to it from other hosts, unless a rule says so. As administrator: netsh.exe advfirewall firewall add rule name="${name}" dir=in action=allow protocol=TCP localport=${port}`;
