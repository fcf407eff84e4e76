package exporter_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"segproof/functions"
	"segproof/internal/exporter"
	"segproof/schemas"
	"segproof/validator"
)

// noPolicy reviews findings and changes nothing.
func noPolicy() *validator.Review { return validator.Policy{}.NewReview(time.Time{}) }

func TestExportedCatalogJudgesAsTheValidator(t *testing.T) {
	cat := builtin(t, schemas.Sources()...)
	chance := rand.New(rand.NewPCG(1, 2))
	for _, engine := range functions.Engines() {
		t.Run(engine, func(t *testing.T) {
			x := export(t, cat, engine, exporter.FunctionOptions{})
			texts := withMutants(chance, append(eventsOfFixtures(t), examples(t, cat)...), 3)
			if n := x.differences(cat, noPolicy(), texts); n < 1000 {
				t.Errorf("judged %d events", n)
			}
		})
	}
}
