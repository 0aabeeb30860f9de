# --------------------------------------------------------------------------------------------------------------- service

has_service() {
  case $manager in
    systemd) [ -e $unit ] ;;
    openrc) [ -e $script ] ;;
    plain) true ;;
  esac
}

write_service() {
  case $manager in
    systemd)
      systemd_unit >"$work/unit"
      is_same "$work/unit" $unit && return 0
      { cat "$work/unit" >$unit.new && mv -f $unit.new $unit; } || die 7 "$unit cannot be written."
      systemctl daemon-reload </dev/null
      ;;
    openrc)
      openrc_script >$script.new && chmod 755 $script.new && mv -f $script.new $script || die 7 "$script cannot be written."
      ;;
  esac
}

# The work of an agent is what its operators send it: packages, services, files. What would fence the agent in would fence that in too, so
# that here stands only what work does not notice.
systemd_unit() {
  cat <<UNIT
[Unit]
Description=Muster agent
Documentation=$server_url
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=$starter
${account:+User=$account
}Restart=always
RestartSec=2
# it needs a person: a revoked agent does not come back by itself
RestartPreventExitStatus=78
# the agent ends its work itself, in order; what is left after that is killed
KillMode=mixed
TimeoutStopSec=60
# control groups of its own for the limits of work
Delegate=yes
TasksMax=infinity
# an execution that runs out of memory does not take the agent with it
OOMPolicy=continue
# secrets of work stay out of core files
LimitCORE=0

[Install]
WantedBy=multi-user.target
UNIT
}

openrc_script() {
  cat <<SCRIPT
#!/sbin/openrc-run
description="Muster agent"
supervisor=supervise-daemon
command="$starter"
${account:+command_user=$account
}output_log="$data/agent.log"
error_log="$data/agent.log"
respawn_delay=2
respawn_max=0
retry="TERM/60/KILL/5"
rc_ulimit="-c 0"

depend() {
  # it finds its way back to the server itself, and on some hosts nothing says that it is the net
  use net
  after net firewall
}
SCRIPT
}

start_agent() {
  case $manager in
    systemd)
      systemctl enable --quiet muster-agent.service </dev/null >/dev/null 2>&1
      systemctl reset-failed muster-agent.service </dev/null >/dev/null 2>&1
      systemctl start muster-agent.service </dev/null || die 10 "The service cannot be started: systemctl status muster-agent tells why."
      ;;
    openrc)
      rc-update add muster-agent default </dev/null >/dev/null 2>&1
      rc-service muster-agent start </dev/null >/dev/null || die 10 "The service cannot be started: rc-service muster-agent status tells why."
      ;;
    plain)
      # of its own session, so that it outlives the one that it is installed from
      detached='nohup'
      ! has setsid || detached=setsid
      (cd / && exec $detached "$starter" --stay >>"$data/agent.log" 2>&1 </dev/null) &
      ;;
  esac
}

stop_agent() {
  # an update that the server has ordered ends here, and nobody starts the agent again for it
  rm -rf "$data/update"
  case $manager in
    systemd) [ ! -e $unit ] || systemctl stop muster-agent.service </dev/null >/dev/null 2>&1 ;;
    openrc) [ ! -e $script ] || rc-service muster-agent stop </dev/null >/dev/null 2>&1 ;;
  esac
  # one that was started without the service, too
  told='' left=300
  while pid=$(running_pid) && [ -n "$pid" ] && [ $left -gt 0 ]; do
    # another one may have been started meanwhile
    [ "$pid" = "$told" ] || kill "$pid" 2>/dev/null
    told=$pid left=$((left - 1))
    sleep 0.2 2>/dev/null || sleep 1
  done
  [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
  rm -rf "$data/update"
}

# The holder of the lock of the folder, if it is alive and an agent of this folder.
running_pid() {
  holder=$(sed -n 's/.*"pid": *\([0-9][0-9]*\).*/\1/p' "$data/agent.lock" 2>/dev/null)
  [ -n "$holder" ] && tr '\0' ' ' <"/proc/$holder/cmdline" 2>/dev/null | grep -q -F -e "--dir $data " && echo "$holder"
}

remove_service() {
  case $manager in
    systemd)
      systemctl disable --quiet muster-agent.service </dev/null >/dev/null 2>&1
      rm -f $unit
      systemctl daemon-reload </dev/null
      systemctl reset-failed muster-agent.service </dev/null >/dev/null 2>&1
      ;;
    openrc)
      rc-update del muster-agent default </dev/null >/dev/null 2>&1
      rm -f $script
      ;;
  esac
}

