# --------------------------------------------------------------------------------------------------------------- download

# fetch PATH FILE; what it complains of is in $work/complaint
fetch() {
  if [ -n "$from" ]; then
    copy_from "${1##*/}" "$2"
    return
  fi
  if has curl; then
    set -- "$1" "$2" curl -fsS --connect-timeout 20 --speed-limit 1 --speed-time 60 -o "$2" ${proxy:+--proxy "$proxy"} ${ca:+--cacert "$ca"} "$server_url$1"
  elif wget --help 2>&1 | grep -q -e --ca-certificate; then
    set -- "$1" "$2" wget -nv --tries=1 --timeout=60 -O "$2" ${ca:+--ca-certificate="$ca"} "$server_url$1"
  else
    [ -z "$ca" ] || die 3 "The wget of this host knows no --ca: install curl."
    # of busybox, which in some builds dies of a time limit
    set -- "$1" "$2" wget -q -O "$2" "$server_url$1"
  fi
  shift 2
  if [ -n "$proxy" ]; then
    http_proxy=$proxy https_proxy=$proxy "$@" 2>"$work/complaint" </dev/null
  else
    "$@" 2>"$work/complaint" </dev/null
  fi
}

# copy_from NAME FILE
copy_from() {
  [ -r "$from/$1" ] || die 2 "--from: $from/$1 cannot be read. It is the executable that release.txt beside it names: take both from the server again."
  cp "$from/$1" "$2" 2>"$work/complaint"
}

complaint() { tail -n 1 "$work/complaint" | tr -d '\r' | cut -c 1-300; }

read_release() {
  release=$work/release.txt
  if ! fetch /downloads/release.txt "$release"; then
    case $(cat "$work/complaint") in
      *404*) die 3 "The server at $server_url has no executables of the agent. Run \`npm run build:agent\` where the server is installed, then this again." ;;
      *'No space left'* | *'(23)'*) die 7 "There is no space left in $prefix." ;;
      *) die 5 "The server at $server_url cannot be reached ($(complaint))." ;;
    esac
  fi
  [ "$(sed -n 1p "$release")" = 'muster release v1' ] || die 5 "What answers at $server_url is not a Muster server of this version. Check the address."
  version=$(word_of version)
  executable=$(sed -n "s/^file $platform //p" "$release")
  [ -n "$executable" ] || die 3 "The server at $server_url has no executable for $platform: it has them for $(sed -n 's/^file \([^ ]*\) .*/\1/p' "$release" | tr '\n' ' ' | sed 's/ *$//; s/ /, /g')."
  # NAME BYTES SHA256, of which each is one word
  # shellcheck disable=SC2086
  set -- $executable
  executable_name=$1 executable_bytes=$2 executable_sha256=$3
  is_only '0-9' "$executable_bytes" && is_only '0-9a-f' "$executable_sha256" && [ ${#executable_sha256} -eq 64 ] &&
    is_only 'A-Za-z0-9._-' "$executable_name" && is_only 'A-Za-z0-9.+_-' "$version" ||
    die 6 "What $server_url tells of its executables cannot be right. Nothing was installed."
}

word_of() { sed -n "s/^$1 //p" "$release" | sed -n '1p'; }

check_clock() {
  # that is when somebody took it from the server
  [ -z "$from" ] || return 0
  now=$(date +%s)
  there=$(word_of time)
  is_only '0-9' "$there" || return 0
  off=$((now - there))
  [ $off -ge 0 ] || off=$((-off))
  [ $off -gt 300 ] || return 0
  if [ $off -gt 86400 ] && [ $any_clock = no ]; then
    die 11 "The clock of this host is $((off / 3600)) hours away from that of the server: set it (or go on with --any-clock)."
  fi
  say "Note: the clock of this host is $((off / 60)) minutes away from that of the server."
}

# The key that the server shows is the expected one, and it has signed what the release says.
verify_server() {
  key=$(word_of key)
  shown=$(fingerprint_of_key "$key")
  [ -n "$shown" ] && [ "$shown" = "$expected" ] ||
    die 6 "The server at $server_url is not the expected one: its key has the fingerprint ${shown:-(none)}, and $expected is expected. Check the address; if it is right, somebody may be between this host and the server."
  case $(openssl version 2>/dev/null) in
    'OpenSSL '[3-9]*) ;;
    *)
      say "Note: this host has no OpenSSL 3, so the installer cannot verify the signature; checksum and fingerprint it does."
      return 0
      ;;
  esac
  sed -e '/^signature /,$d' "$release" >"$work/signed"
  word_of signature | openssl base64 -d -A >"$work/signature" 2>/dev/null
  printf -- '-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n' "$key" >"$work/key.pem"
  openssl pkeyutl -verify -pubin -inkey "$work/key.pem" -rawin -in "$work/signed" -sigfile "$work/signature" >/dev/null 2>&1 </dev/null ||
    die 6 "What $server_url tells of its executables is not signed by its key: it was altered on its way. Nothing was installed."
}

# The first 32 hexadecimal digits of the SHA-256 of the key, which is given as base64.
fingerprint_of_key() {
  [ -z "$1" ] || printf '%s\n' "$1" | if has base64; then base64 -d; else openssl base64 -d -A; fi 2>/dev/null | sha256 | cut -c 1-32
}

sha256_of() { sha256 <"$1"; }

# of the input
sha256() {
  if has sha256sum; then sha256sum; elif has shasum; then shasum -a 256; else openssl dgst -sha256 -r; fi | cut -c 1-64
}

fetch_executable() {
  fresh=$bin/muster-agent-$version-$(printf %s "$executable_sha256" | cut -c 1-12)
  if [ -x "$fresh" ] && [ "$(sha256_of "$fresh")" = "$executable_sha256" ]; then
    say "The agent $version is here already."
    return 0
  fi
  choose_download
  free=$(free_kilobytes "$prefix")
  needed=$(((executable_bytes + download_bytes) / 1024 + 4096))
  [ -z "$free" ] || [ "$free" -ge $needed ] || die 7 "There is no space in $prefix: $((needed / 1024 + 1)) MB are needed and $((free / 1024)) MB free."
  [ -n "$from" ] || say "Downloading the agent $version for $platform ($((download_bytes / 1048576 + 1)) MB)."
  download
  unpack "$work/download" >"$work/muster-agent" 2>"$work/complaint" || die 7 "The download cannot be unpacked in $prefix ($(complaint))."
  [ "$(sha256_of "$work/muster-agent")" = "$executable_sha256" ] || die 6 "The executable that was unpacked is not the one that the server vouches for. Nothing was installed."
  rm -f "$work/download"
  chmod 755 "$work/muster-agent"
  # by itself, and with nothing of what it might wait for
  answer=$("$work/muster-agent" --version 2>&1 </dev/null) || does_not_run
  case $answer in
    'muster-agent '*) ;;
    *) does_not_run ;;
  esac
}

does_not_run() {
  why=$(printf '%s\n' "$answer" | sed -n 1p | cut -c 1-200)
  for loader in /lib/ld-musl-*; do
    [ ! -e "$loader" ] || die 3 "The agent does not run on this host, which has musl instead of the GNU C library ($why)."
  done
  die 3 "The agent does not run on this host ($why)."
}

# the smallest that this host can unpack, and the plain one if it can unpack none
choose_download() {
  encoding=none download_name=$executable_name download_bytes=$executable_bytes download_sha256=$executable_sha256
  sed -n "s/^download $platform //p" "$release" >"$work/downloads"
  while read -r each each_name each_bytes each_sha256; do
    case $each in
      gzip | xz | zstd) has "$each" && is_at_hand "$each_name" || continue ;;
      *) continue ;;
    esac
    is_only '0-9' "$each_bytes" && is_only 'A-Za-z0-9._-' "$each_name" || continue
    [ "$each_bytes" -lt "$download_bytes" ] || ! is_at_hand "$download_name" || continue
    encoding=$each download_name=$each_name download_bytes=$each_bytes download_sha256=$each_sha256
  done <"$work/downloads"
}

# of a folder that somebody has filled, the forms that are there
is_at_hand() { [ -z "$from" ] || [ -r "$from/$1" ]; }

download() {
  for try in 1 2 3 4 5; do
    [ $try = 1 ] || sleep $((try * try))
    if fetch "/downloads/$download_name" "$work/download"; then
      [ "$(sha256_of "$work/download")" != "$download_sha256" ] || return 0
      trouble=altered
    else
      trouble='cut'
      case $(cat "$work/complaint") in
        *'No space left'* | *'(23)'*) die 7 "There is no space left in $prefix." ;;
      esac
    fi
    # what was altered once may have been a bad line; what is altered twice is not to be had
    [ $trouble$try != altered2 ] || break
  done
  [ "$trouble" = cut ] && die 5 "The agent could not be downloaded from $server_url ($(complaint))."
  die 6 "What was downloaded from $server_url is not what the server vouches for: it has another checksum ($(wc -c <"$work/download" | tr -d ' ') bytes instead of $download_bytes). Nothing was installed."
}

unpack() {
  case $encoding in
    none) cat "$1" ;;
    gzip) gzip -dc <"$1" ;;
    xz) xz -dc <"$1" ;;
    zstd) zstd -dcq <"$1" ;;
  esac
}

