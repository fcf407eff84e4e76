package schemas_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"segproof/validator"
)

// wrongValues returns the example once for each value of its properties, traits and
// context that the contract gives a type, with that value replaced by one of no type that
// it may have; by the value's pointer.
func wrongValues(t *testing.T, example string, c *validator.Contract) map[string]string {
	t.Helper()
	var schema, value map[string]any
	if err := json.Unmarshal(c.Text(), &schema); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	if err := json.Unmarshal([]byte(example), &value); err != nil {
		t.Fatal(err)
	}
	fields, _ := schema["properties"].(map[string]any)
	for _, body := range []string{"properties", "traits", "context"} {
		s, described := fields[body].(map[string]any)
		if described && value[body] != nil {
			spoil(value[body], s, "/"+body, func(pointer string) {
				text, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				texts[pointer] = string(text)
			})
		}
	}
	return texts
}

// spoil puts a wrong value in place of each part of v in turn, calls there, and puts the
// right one back.
func spoil(v any, schema map[string]any, pointer string, there func(pointer string)) {
	switch v := v.(type) {
	case map[string]any:
		members, _ := schema["properties"].(map[string]any)
		for name, right := range v {
			s, _ := members[name].(map[string]any)
			if wrong := wrongFor(s); wrong != nil {
				v[name] = wrong
				there(pointer + "/" + name)
				v[name] = right
			}
			spoil(right, s, pointer+"/"+name, there)
		}
	case []any:
		s, _ := schema["items"].(map[string]any)
		for i, right := range v {
			spoil(right, s, pointer+"/"+strconv.Itoa(i), there)
		}
	}
}

// wrongFor returns a value of a type that the schema does not allow, nil if it allows all.
func wrongFor(schema map[string]any) any {
	types := map[any]bool{}
	switch t := schema["type"].(type) {
	case string:
		types[t] = true
	case []any:
		for _, one := range t {
			types[one] = true
		}
	default:
		return nil
	}
	if !types["boolean"] {
		return true
	}
	return "true"
}
