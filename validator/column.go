package validator

import "strings"

// Column returns the warehouse column that Segment makes of a property name: words of
// ASCII letters and digits in small letters, joined by "_"; whatever else stands in the
// name separates words, and so does a capital behind a small letter. Names that give the
// same column overwrite each other there.
//
// A beginning that is a column already is kept as it is, but for a digit at its end:
// "item2Name" gives "item_2name", "Item2Name" gives "item2_name".
//
// Source: segment.com/docs/connections/storage/warehouses/schema/ (names become snake
// case); the fine rules are what Segment's converter go-snakecase was seen to do.
func Column(name string) string {
	kept := 0
	for kept < len(name) && (isSmall(name[kept]) || name[kept] == '_' && kept+1 < len(name) && isSmall(name[kept+1])) {
		kept++
	}
	if kept == len(name) {
		return name
	}
	if kept > 0 && name[kept-1] >= '0' && name[kept-1] <= '9' {
		kept--
	}
	var b strings.Builder
	b.WriteString(name[:kept])
	const (
		between = iota // words
		capitals
		smalls
	)
	in := between
	for i := kept; i < len(name); i++ {
		c := name[i]
		capital := c >= 'A' && c <= 'Z'
		digit := c >= '0' && c <= '9'
		if !capital && !isSmall(c) {
			in = between
			continue
		}
		if b.Len() > 0 && (in == between || in == smalls && capital) {
			b.WriteByte('_')
			in = between
		}
		switch {
		case capital:
			in = capitals
			c += 'a' - 'A'
		case !digit:
			in = smalls
		case in == between:
			in = capitals
		}
		b.WriteByte(c)
	}
	return b.String()
}

// isSmall reports whether c may stand in a column name as it is, "_" aside.
func isSmall(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }
