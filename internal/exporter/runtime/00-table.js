// The contracts, as data: see the package validator, Table. A schema in a literal could
// set prototypes; JSON.parse takes every name for a name.

const table = JSON.parse(TABLE);
