package compat_test

import (
	"fmt"
	"testing/fstest"

	"segproof/compat"
	"segproof/validator"
)

// A property becomes required: senders of today do not send it.
func ExampleCompare() {
	contract := func(required string) fstest.MapFS {
		return fstest.MapFS{"shop/order.json": {Data: []byte(`{
  "type": "object",
  "properties": {
    "type": {"const": "track"}, "event": {"const": "Order Completed"},
    "properties": {"type": "object", "properties": {"total": {"type": "number"}, "currency": {"enum": ["EUR", "USD"]}}, "required": [` + required + `]}
  },
  "required": ["type", "event", "properties"]
}`)}}
	}
	before, _, err := validator.Load(validator.Root{Name: "before", FS: contract(`"total"`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	now, _, err := validator.Load(validator.Root{Name: "now", FS: contract(`"total", "currency"`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range compat.Compare(before, now, compat.Options{Direction: compat.Producer}) {
		fmt.Printf("%s:%d: %s: %s (%s)\n", f.File, f.Line, f.Severity, f.Message, f.Rule)
		fmt.Println(f.Notes[len(f.Notes)-1])
	}
	// Output:
	// now/shop/order.json:5: error: property "currency" is required now (property-became-required)
	// event: {"type":"track","event":"Order Completed","userId":"user-1","properties":{"total":1}}
}
