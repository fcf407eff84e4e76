package functions_test

import (
	"context"
	"testing"

	"segproof/functions"
)

// typical is a source function as many are: it reads a webhook, names the event after it,
// and emits who did it and what was done.
const typical = `
const names = { "order.created": "Order Created", "order.paid": "Order Paid" };

async function onRequest(request, settings) {
  const body = request.json();
  const secret = request.headers.get("x-secret");
  if (secret !== settings.secret) throw new InvalidEventPayload("wrong secret");
  const { customer, order } = body.data;
  Segment.identify({ userId: customer.id, traits: { email: customer.email, name: customer.name, plan: customer.plan } });
  Segment.track({
    event: names[body.type] || body.type,
    userId: customer.id,
    timestamp: new Date(body.created * 1000).toISOString(),
    context: { ip: request.headers.get("x-forwarded-for"), library: { name: "webhook", version: "1" } },
    properties: {
      orderId: order.id,
      total: order.lines.reduce((sum, line) => sum + line.price * line.quantity, 0),
      currency: order.currency,
      products: order.lines.map((line) => ({ sku: line.sku, quantity: line.quantity, price: line.price })),
    },
  });
}
`

const typicalInput = `{"headers":{"X-Secret":"s","X-Forwarded-For":"10.0.0.1","Content-Type":"application/json"},"body":{"type":"order.paid","created":1700000000,
"data":{"customer":{"id":"c-17","email":"ada@shop.example","name":"Ada","plan":"pro"},
"order":{"id":"o-5","currency":"EUR","lines":[{"sku":"a","quantity":2,"price":3.5},{"sku":"b","quantity":1,"price":10},{"sku":"c","quantity":4,"price":0.25}]}}}}`

func load(b *testing.B) *functions.Function {
	f, err := functions.Load(context.Background(), "typical.js", typical, functions.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return f
}

// BenchmarkRun is one invocation of an instance that is warm.
func BenchmarkRun(b *testing.B) {
	f := load(b)
	defer f.Close()
	in := functions.Invocation{Input: []byte(typicalInput), Settings: []byte(`{"secret":"s"}`)}
	for b.Loop() {
		res, err := f.Run(context.Background(), in)
		if err != nil {
			b.Fatal(err)
		}
		if res.Error != nil || len(res.Events) != 2 {
			b.Fatalf("Run = %+v, want two events", res)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
}

// BenchmarkLoad is a new instance, after the first of the process.
func BenchmarkLoad(b *testing.B) {
	load(b).Close()
	for b.Loop() {
		load(b).Close()
	}
}
