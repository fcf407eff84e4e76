package exporter_test

import (
	"context"
	"encoding/json"
	"os/exec"
	"testing"

	"segproof/functions"
	"segproof/internal/exporter"
)

// exportedShop is the function of the 28 e-commerce events, as users would paste it.
func exportedShop(b *testing.B) string {
	text, err := exporter.Function(builtin(b, "ecommerce"), exporter.FunctionOptions{Kind: "insert", OnViolation: "annotate", Minify: true})
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

// BenchmarkLoadExported is what the function adds to the loading of an empty one.
func BenchmarkLoadExported(b *testing.B) {
	shop := exportedShop(b)
	for _, engine := range functions.Engines() {
		for name, text := range map[string]string{"empty": "async function onTrack() {}", "shop": shop} {
			b.Run(engine+"/"+name, func(b *testing.B) {
				needs(b, engine)
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					fn, err := functions.Load(context.Background(), "shop.js", text, functions.Options{Kind: functions.DestinationInsert, Engine: engine})
					if err != nil {
						b.Fatal(err)
					}
					fn.Close()
				}
			})
		}
	}
}

// BenchmarkJudgeExported judges events within the engine: what goes in and out of the
// runner is no part of it.
func BenchmarkJudgeExported(b *testing.B) {
	const each = 200
	shop := exportedShop(b)
	for _, engine := range functions.Engines() {
		for name, event := range map[string]string{"good": goodOrder, "bad": badOrder} {
			b.Run(engine+"/"+name, func(b *testing.B) {
				needs(b, engine)
				fn := loaded(b, shop+`
async function onRequest(request) {
  const text = JSON.stringify(request.json());
  for (let i = 0; i < 200; i++) await segproofEnforce(JSON.parse(text), {});
}`, functions.Options{Kind: functions.Source, Engine: engine})
				input, err := json.Marshal(map[string]json.RawMessage{"body": []byte(event)})
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if res, err := fn.Run(context.Background(), functions.Invocation{Input: input}); err != nil || res.Error != nil {
						b.Fatal(err, res.Error)
					}
				}
				b.ReportMetric(float64(each*b.N)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// needs skips where there is no Node.
func needs(b *testing.B, engine string) {
	if _, err := exec.LookPath(engine); err != nil && engine != functions.Engines()[0] {
		b.Skip("there is no ", engine)
	}
}

const goodOrder = `{"type":"track","event":"Order Completed","userId":"u-2041","messageId":"m-88","timestamp":"2026-01-31T12:30:00Z",
"context":{"library":{"name":"shop-server","version":"4.1.0"},"locale":"de-DE","ip":"192.0.2.7","page":{"path":"/thanks","title":"Thanks","url":"https://shop.example.com/thanks"}},
"properties":{"checkout_id":"c-77","order_id":"o-1090","affiliation":"Shop North","total":61.5,"revenue":52,"shipping":4.5,"tax":5,"discount":2,"coupon":"SPRING","currency":"EUR","products":[
{"product_id":"p-1","sku":"K-1","name":"Kettle","price":22,"quantity":1,"category":"Kitchen","url":"https://shop.example.com/p/1","image_url":"https://img.example.com/1.jpg"},
{"product_id":"p-2","sku":"K-2","name":"Cup","price":6,"quantity":4,"category":"Kitchen","url":"https://shop.example.com/p/2","image_url":"https://img.example.com/2.jpg"},
{"product_id":"p-3","sku":"K-3","name":"Spoon","price":2,"quantity":3,"category":"Kitchen","url":"https://shop.example.com/p/3","image_url":"https://img.example.com/3.jpg"}]}}`

const badOrder = `{"type":"track","event":"Order Completed","userId":"u-2041","messageId":"m-88","timestamp":"yesterday",
"context":{"library":{"name":"shop-server","version":"4.1.0"},"locale":"de-DE","ip":7,"page":{"path":"/thanks","title":"Thanks","url":"https://shop.example.com/thanks"}},
"properties":{"checkout_id":"c-77","order_id":1090,"affiliation":"Shop North","total":"61.5","revenue":52,"shipping":4.5,"tax":5,"discount":2,"coupon":"SPRING","currency":"EUR","products":[
{"product_id":"p-1","sku":"K-1","name":"Kettle","price":"22","quantity":1,"category":"Kitchen","url":"https://shop.example.com/p/1","image_url":"https://img.example.com/1.jpg"},
{"product_id":"p-2","sku":"K-2","name":"Cup","price":6,"quantity":"4","category":"Kitchen","url":"https://shop.example.com/p/2","image_url":"https://img.example.com/2.jpg"},
{"product_id":"p-3","sku":"K-3","name":"Spoon","price":2,"quantity":3,"category":"Kitchen","url":"https://shop.example.com/p/3","image_url":"https://img.example.com/3.jpg","colour":"red"}]}}`
