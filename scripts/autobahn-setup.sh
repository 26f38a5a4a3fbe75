#!/usr/bin/env bash
# Installs the Autobahn test suite into target/autobahn and prints the command
# that runs it. The suite is a program for Python 2.7, which Debian has no longer
# had since version 12: unless the machine has one, that of Debian 11 is unpacked
# there as well. Nothing outside that directory is changed.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
dir=$here/target/autobahn
wstest=$dir/wstest

if [ -x "$wstest" ]; then
  echo "$wstest"
  exit
fi

mkdir -p "$dir"
cd "$dir"

# The packages of Debian 11, which come from where this machine has its own from.
unpack_python() {
  local repository package
  local options=(
    -o "Dir::Etc::SourceList=$dir/apt/sources.list"
    -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$dir/apt/lists"
    -o "Dir::Cache=$dir/apt/cache"
    -o APT::Sandbox::User=
  )

  # The first of them; others are for updates.
  read -r repository < <(
    apt-get indextargets --format '$(REPO_URI)' \
      'Created-By: Packages' 'Origin: Debian'
  ) || {
    echo 'Python 2.7 is needed: install it, or run apt-get update on Debian.' >&2
    exit 1
  }

  mkdir -p apt/lists/partial apt/cache/archives/partial
  echo "deb $repository bullseye main" > apt/sources.list
  apt-get -qq "${options[@]}" update
  (
    cd apt
    apt-get -qq "${options[@]}" download python2.7-minimal \
      libpython2.7 libpython2.7-dev libpython2.7-minimal libpython2.7-stdlib \
      libffi7 libssl1.1
  )
  for package in apt/*.deb; do dpkg --extract "$package" python; done
}

# Writes an executable that runs Python with the given module path.
write_launcher() {
  local file=$1 path=$2 arguments=$3

  {
    echo '#!/bin/sh'
    echo 'export PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore'
    echo "export PYTHONPATH='$path'"
    if [ -d python ]; then
      echo "export PYTHONHOME='$dir/python/usr'"
      echo "export LD_LIBRARY_PATH='$libraries'"
    fi
    echo "exec '$python' $arguments \"\$@\""
  } > "$file"
  chmod +x "$file"
}

{
  if python2.7 -c 'import ssl' 2> /dev/null; then
    python=python2.7
    libraries=
  else
    [ -x python/usr/bin/python2.7 ] || unpack_python
    python=$dir/python/usr/bin/python2.7
    libraries=$(dirname "$(find "$dir/python" -name 'libpython2.7.so.1.0')")
    export C_INCLUDE_PATH=$dir/python/usr/include/python2.7:$dir/python/usr/include
  fi

  # The last ones that work with Python 2.7. Being a wheel, pip runs as it is.
  python3 -m pip download --quiet --no-deps --dest tools \
    pip==20.3.4 setuptools==44.1.1 wheel==0.37.1

  write_launcher pip2 "$dir/modules:$dir/$(ls tools/pip-*.whl)" '-m pip'
  install() {
    ./pip2 --disable-pip-version-check install --quiet --no-deps --no-compile \
      --no-build-isolation --target modules "$@"
  }
  install tools/setuptools-*.whl tools/wheel-*.whl
  install --requirement "$here/autobahn/requirements.txt"

  # Without site-packages, nothing else makes a package of this namespace.
  touch modules/zope/__init__.py

  write_launcher wstest.new "$dir/modules" \
    "-c 'import sys; sys.argv[0] = \"wstest\"; from autobahntestsuite.wstest import run; sys.exit(run())'"
  ./wstest.new --help > /dev/null
  mv wstest.new wstest
} >&2

echo "$wstest"
