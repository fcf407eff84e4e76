package functions_test

import (
	"context"
	"encoding/json"
	"testing"

	"segproof/functions"
)

func TestFirst(t *testing.T) {
	f, err := functions.Load("f.js", "async function onRequest(request, settings) {\n await new Promise(r=>setTimeout(r,5)); Segment.track({event:'E',userId:'u', context:{a:[1]}}); console.log('hi');\n}", functions.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Run(context.Background(), functions.Invocation{Input: []byte(`{"body":{}}`)})
	if err != nil {
		t.Fatal(err)
	}
	x, _ := json.Marshal(r)
	t.Log(string(x))
	if r.Error != nil {
		t.Fatal(r.Error.Error())
	}
}
