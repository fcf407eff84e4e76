package mockserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"segproof/event"
)

// The limits of one call of the Objects API. Beyond them the call is refused with 400:
// the page names them, and says that a malformed call gets 400.
//
// Source: segment.com/docs/connections/sources/catalog/libraries/server/object-api/#set
const (
	maxObjects       = 10  // in a call. objects-go sends up to 99 and is refused, as the page has it
	maxObjectIDChars = 100 // of an object's id
)

// objects takes a call of the Objects API. Objects are no events: what stays of them is
// the request.
func (s *Server) objects(x *exchange, limit int) ([]Record, error) {
	body, err := x.readBody(limit)
	if err != nil {
		return nil, err
	}
	if err := checkNesting(body); err != nil {
		return nil, err
	}
	if err := event.CheckSyntax(body); err != nil {
		return nil, err
	}
	call := bytes.TrimSpace(body)
	key, _, _ := x.r.BasicAuth()
	if key == "" {
		key = stringOf(valueOf(call, "write_key")) // where objects-go has it
	}
	x.nameScope(key)
	if err := s.checkKey(key); err != nil {
		return nil, err
	}
	if stringOf(valueOf(call, "collection")) == "" {
		return nil, badRequest.because(`the call names no collection: want {"collection":"...","objects":[...]}`)
	}
	return nil, checkObjects(valueOf(call, "objects"))
}

// checkObjects refuses a list that is not 1 to 10 objects.
func checkObjects(list []byte) error {
	if len(list) == 0 || list[0] != '[' {
		return badRequest.because(`"objects" is missing or no array`)
	}
	dec := json.NewDecoder(bytes.NewReader(list))
	_, err := dec.Token() // the bracket
	n := 0
	for ; err == nil && dec.More(); n++ {
		if n == maxObjects {
			return badRequest.because(fmt.Sprintf("the call has more than %d objects", maxObjects))
		}
		var object json.RawMessage
		if err = dec.Decode(&object); err != nil {
			break
		}
		id, properties := stringOf(valueOf(object, "id")), valueOf(object, "properties")
		switch {
		case id == "" || utf8.RuneCountInString(id) > maxObjectIDChars:
			return badRequest.because(fmt.Sprintf("object %d, counted from 0: want an id of 1 to %d characters", n, maxObjectIDChars))
		case len(properties) == 0 || properties[0] != '{':
			return badRequest.because(fmt.Sprintf(`object %d, counted from 0: "properties" is missing or no object`, n))
		}
	}
	if err == nil && n == 0 {
		return badRequest.because(`"objects" is empty`)
	}
	return err // nil: the syntax was checked
}

// metrics takes what senders tell of themselves. What they say is not looked at, but for
// a strict server it has to be JSON.
func (s *Server) metrics(x *exchange, limit int) ([]Record, error) {
	body, err := x.readBody(limit)
	if err == nil && s.mode == Strict {
		if err = checkNesting(body); err == nil {
			err = event.CheckSyntax(body)
		}
	}
	return nil, err
}
