//go:build !race

package exporter_test

// oneOf is how many texts the tests pass over for each that they judge.
const oneOf = 1
