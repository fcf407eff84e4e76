package finding

import (
	"regexp"
	"strconv"
	"strings"
)

// Expand writes out an example or a fixture text: each ${repeat:N:TEXT$} in it stands
// for TEXT, N times (at most 1,000,000), so that people can read a text that is many
// kilobytes long.
func Expand(text string) string {
	if !strings.Contains(text, "${repeat:") {
		return text
	}
	macro := regexp.MustCompile(`(?s)\$\{repeat:([0-9]{1,7}):(.*?)\$\}`)
	return macro.ReplaceAllStringFunc(text, func(m string) string {
		parts := macro.FindStringSubmatch(m)
		n, _ := strconv.Atoi(parts[1]) // the pattern allows digits only
		return strings.Repeat(parts[2], min(n, 1_000_000))
	})
}
