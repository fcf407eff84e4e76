#!/usr/bin/env bash
# Brings what make e2e needs and a machine may not have: Chromium, Node.js and npm from
# Debian, and the npm packages at the versions of package-lock.json. What is there stays
# as it is.
set -euo pipefail
cd "$(dirname "$0")"

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
	if ! command -v apt-get >/dev/null; then
		echo "make e2e: install ${missing[*]} first; there is no apt-get to do it with" >&2
		exit 1
	fi
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q "${missing[@]}"
fi

# npm notes in node_modules what it has installed: nothing is to do if that is younger
# than what is wanted.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
	npm ci --ignore-scripts --no-audit --no-fund
fi
