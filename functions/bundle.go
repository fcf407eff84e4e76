package functions

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"modernc.org/quickjs"
)

// The libraries that functions see, as bundle/build.mjs bundles them.
//
//go:embed bundle/dist/*.js
var bundleFiles embed.FS

func bundleText(name string) (string, error) {
	text, err := bundleFiles.ReadFile("bundle/dist/" + name + ".js")
	if err != nil {
		return "", fmt.Errorf("no library %q is bundled", name)
	}
	return string(text), nil
}

// bundleCodes holds each library as a function that compiles it, once, when some function
// first asks for it.
var bundleCodes = sync.OnceValues(func() (map[string]func() ([]byte, error), error) {
	names, err := fs.Glob(bundleFiles, "bundle/dist/*.js")
	if err != nil {
		return nil, err
	}
	codes := map[string]func() ([]byte, error){}
	for _, file := range names {
		name := strings.TrimSuffix(path.Base(file), ".js")
		codes[name] = sync.OnceValues(func() ([]byte, error) {
			text, err := bundleText(name)
			if err != nil {
				return nil, err
			}
			return compile(text)
		})
	}
	return codes, nil
})

func bundleCode(name string) ([]byte, error) {
	codes, err := bundleCodes()
	if err != nil {
		return nil, err
	}
	code, ok := codes[name]
	if !ok {
		return nil, fmt.Errorf("no library %q is bundled", name)
	}
	return code()
}

// compile turns a script into bytecode, which any VM of this process can evaluate.
func compile(text string) ([]byte, error) {
	vm, err := quickjs.NewVM()
	if err != nil {
		return nil, err
	}
	defer vm.Close()
	return vm.Compile(text, quickjs.EvalGlobal)
}
