# Sourced by setup: Debian packages, and Node.js with npm's modules. shellcheck shell=bash

# What each program is for, and the package that has it.
declare -A PROGRAM_PACKAGES=(
  [crun]=crun                # runs containers
  [conmon]=conmon            # holds their output and exit codes
  [catatonit]=catatonit      # process 1 of containers with --init
  [skopeo]=skopeo            # gets images
  [buildah]=buildah          # builds images, and names them
  [getfattr]=attr            # checks what images' layers say to the kernel
  [nft]=nftables             # routing mesh
  [ip]=iproute2              # networks
  [conntrack]=conntrack      # connections of backends that went away
  [nsenter]=util-linux       # namespaces
  [mount]=mount              # root file systems
  [pgrep]=procps             # finding a daemon to stop
  [curl]=curl                # the examples
  [update-ca-certificates]=ca-certificates
)

# What only tests call. Servers among it, and programs that would replace another one, are not installed but unpacked
# beside the lab's tools (lab-parts/tools.ts).
declare -A TEST_PACKAGES=(
  [ping]=iputils-ping        # who reaches whom in the lab
  [dig]=bind9-dnsutils       # names as a task asks for them
  [strace]=strace            # what iproute2 says to the kernel
  [journalctl]=systemd       # a real journal, and who reads it; nothing of it is started
)

# install_packages PURPOSE: server, lab or tests.
install_packages() {
  local program packages=()
  if [[ $1 == tests ]]; then
    for program in "${!TEST_PACKAGES[@]}"; do PROGRAM_PACKAGES[$program]=${TEST_PACKAGES[$program]}; done
  fi
  command -v apt-get >/dev/null || die "knows Debian and Ubuntu only (no apt-get here); install by hand: ${PROGRAM_PACKAGES[*]}."
  for program in "${!PROGRAM_PACKAGES[@]}"; do
    command -v "$program" >/dev/null || packages+=("${PROGRAM_PACKAGES[$program]}")
  done
  # The Node.js that npm brings is linked with it, and a minimal system lacks it.
  if ! ldconfig -p | grep -q 'libatomic\.so\.1'; then packages+=(libatomic1); fi
  # The daemon loads packet rules by it; with the program nft it comes by itself.
  if ! ldconfig -p | grep -q 'libnftables\.so\.1'; then packages+=(libnftables1); fi
  if ! command -v npm >/dev/null; then
    command -v node >/dev/null || packages+=(nodejs)
    packages+=(npm)
  fi
  if [[ ${#packages[@]} -gt 0 ]]; then
    say "installing ${packages[*]}"
    apt_install "${packages[@]}"
  fi
  # skopeo accepts images only with a policy; Debian's package contains one, some others do not.
  if [[ ! -e /etc/containers/policy.json ]]; then
    say "installing /etc/containers/policy.json (any image is accepted, as Docker does)"
    install -D -m 644 "$ROOT/packaging/policy.json" /etc/containers/policy.json
  fi
}

# Package lists are fetched only when the first try fails: a machine that has all it needs works without a network.
apt_install() {
  local options=(-qq -y --no-install-recommends -o Dpkg::Use-Pty=0)
  export DEBIAN_FRONTEND=noninteractive
  if apt-get install "${options[@]}" "$@" >/dev/null 2>&1; then return 0; fi
  say "apt-get update"
  apt-get update -qq || die "cannot fetch the package lists; is there a network?"
  apt-get install "${options[@]}" "$@" >/dev/null || die "cannot install $*; what apt-get says is above."
}

# Node modules as the lock file has them. The stamp records that they are; a tree that npm finds correct is kept.
install_node_modules() {
  local stamp=$ROOT/node_modules/.swarm-setup wanted
  wanted=$(sha256sum <"$ROOT/package-lock.json")
  if [[ -e $stamp && $(<"$stamp") == "$wanted" ]] && find_node >/dev/null; then return 0; fi
  if [[ ! -e $stamp && -d $ROOT/node_modules ]] && npm_here ls --all >/dev/null 2>&1 && find_node >/dev/null; then
    say "node modules are up to date"
  else
    say "npm ci"
    # No package here needs an install script, and none should run as root.
    npm_here ci --ignore-scripts --no-audit --no-fund --loglevel=error ||
      die "npm ci failed; what npm says is above."
  fi
  find_node >/dev/null || die "npm brought no Node.js for $(uname -m); install Node.js 24.12 or newer."
  "$(find_node)" "$ROOT/scripts/complete-modules.ts" || die "a node module that npm left out could not be fetched."
  echo "$wanted" >"$stamp"
}

npm_here() { (cd "$ROOT" && npm "$@"); }
