package functions_test

import (
	"context"
	"fmt"

	"segproof/functions"
)

func ExampleFunction_Run() {
	const source = `
async function onRequest(request, settings) {
  const { user } = request.json();
  const res = await fetch("https://crm.example/users/" + user, { headers: { Authorization: "Bearer " + settings.token } });
  const { plan } = await res.json();
  Segment.identify({ userId: user, traits: { plan } });
}`
	f, err := functions.Load(context.Background(), "crm.js", source, functions.Options{
		Responder: functions.NewRules([]functions.Rule{{
			URL:       "https://crm.example/users/*",
			Responses: []functions.Response{{Body: []byte(`{"plan":"pro"}`)}},
		}}, nil),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	for _, input := range []string{`{"body":{"user":"u-1"}}`, `{"body":"{oops"}`} {
		res, err := f.Run(context.Background(), functions.Invocation{Input: []byte(input), Settings: []byte(`{"token":"t"}`)})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, ev := range res.Events {
			fmt.Println("event:", string(ev))
		}
		for _, x := range res.Requests {
			fmt.Println("request:", x.Request.Method, x.Request.URL, x.Request.Header)
		}
		if e := res.Error; e != nil {
			fmt.Printf("%s:%d: %s: %s (%s)\n", e.File, e.Line, e.Class, e.Message, res.Disposition)
		}
	}
	// Output:
	// event: {"type":"identify","traits":{"plan":"pro"},"userId":"u-1"}
	// request: GET https://crm.example/users/u-1 map[authorization:[Bearer t]]
	// crm.js:3: SyntaxError: Expected property name or '}' in JSON at position 1 (dropped)
}
