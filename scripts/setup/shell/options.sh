# shellcheck shell=sh
# Options in both manners, that of shells and that of PowerShell: --skip-env-setup and -SkipEnvSetup, --port 9000, --port=9000, -Port 9000 and
# -Port:9000. Needs lines.sh.

# read_options VALUES SWITCHES ARGUMENT…: sets given_NAME for each option that is given, with the name in small letters and without dashes.
# VALUES and SWITCHES are the names that there are, with spaces between them.
read_options() {
  values=" $1 " switches=" $2 "
  shift 2
  while [ $# -gt 0 ]; do
    given=$1 text='' has_text=no
    shift
    case $given in
      -?*[=:]*) name=${given%%[=:]*} text=${given#*[=:]} has_text=yes ;;
      -?*) name=$given ;;
      *) die 2 "$given is no option. See --help." ;;
    esac
    option=$(printf %s "$name" | tr -d '-' | tr '[:upper:]' '[:lower:]')
    case $option in
      '' | *[!a-z]*) die 2 "$name is no option. See --help." ;;
    esac
    case $switches in
      *" $option "*)
        [ $has_text = no ] || die 2 "$name takes no value. See --help."
        eval "given_$option=yes"
        continue
        ;;
    esac
    case $values in
      *" $option "*) ;;
      *) die 2 "$name is no option. See --help." ;;
    esac
    if [ $has_text = no ]; then
      [ $# -gt 0 ] || die 2 "$name needs a value. See --help."
      text=$1
      shift
    fi
    [ -n "$text" ] || die 2 "$name needs a value that is not empty. See --help."
    # the name is one of those above, and the value is not looked into
    eval "given_$option=\$text"
  done
}
