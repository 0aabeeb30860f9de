# shellcheck shell=sh
# The lines of the setup scripts: a word and a sentence, in colour on a terminal.

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
  green=$(printf '\033[32m') yellow=$(printf '\033[33m') red=$(printf '\033[31m') blue=$(printf '\033[34m') plain=$(printf '\033[0m')
else
  green='' yellow='' red='' blue='' plain=''
fi

say_ok() { printf '%s\n' "${green}ok  ${plain}  $*"; }
say_doing() { printf '%s\n' "${blue}..  ${plain}  $*"; }
say_note() { printf '%s\n' "${yellow}note${plain}  $*"; }

# die CODE SENTENCE; the codes are in docs/setup.md
die() {
  code=$1
  shift
  printf '%s\n' "${red}FAIL${plain}  $*" >&2
  exit "$code"
}

has() { command -v "$1" >/dev/null 2>&1; }
