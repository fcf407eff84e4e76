//go:build race

package exporter_test

// oneOf is how many texts the tests pass over for each that they judge: with the race
// detector the built-in engine takes some thirty times as long, and nothing here shares
// memory.
const oneOf = 20
