#!/bin/sh
# Holds the witnesses for our own pairs of schemas to ajv. Needs Go, Node.js and npm.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund --ignore-scripts
scores=$(mktemp)
trap 'rm -f "$scores"' EXIT
pairs=../../internal/score/testdata/pairs.jsonl
(cd ../.. && go run ./internal/score diff internal/score/testdata/pairs.jsonl) >"$scores"
node check.mjs "$pairs" "$scores"
