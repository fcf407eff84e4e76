package mockserver

import "net/http"

// PostLimits returns the paths of all routes that take a body, with the most bytes that
// each takes.
func PostLimits() map[string]int {
	limits := map[string]int{}
	for _, rt := range routes() {
		if rt.method != http.MethodGet {
			for _, path := range rt.paths() {
				limits[path] = rt.limit
			}
		}
	}
	return limits
}
