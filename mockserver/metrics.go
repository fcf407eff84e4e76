package mockserver

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"segproof/event"
)

// meter counts what the server does, for Prometheus. Its labels hold nothing that a
// sender could make up, so that their number is bounded and no write key is in them.
type meter struct {
	registry *prometheus.Registry
	events   *prometheus.CounterVec
	requests *prometheus.CounterVec
	seconds  prometheus.Histogram
}

// newMeter returns a meter that reads how full the journal is when it is asked.
func newMeter(j *journal) *meter {
	m := &meter{
		registry: prometheus.NewRegistry(),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "segproof_events_total", Help: "Events recorded, by call type and verdict.",
		}, []string{"type", "verdict"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "segproof_requests_total", Help: "Requests of senders, by status of the answer; 0 is a connection that a fault reset.",
		}, []string{"status"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "segproof_request_seconds", Help: "From the header of a sender's request to its answer, recorded, without what a fault adds.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	gauge := func(name, help string, value func(level, tally) int64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			j.mu.Lock()
			defer j.mu.Unlock()
			return float64(value(j.level, j.tallyLocked(scopeFilter{all: true})))
		})
	}
	m.registry.MustRegister(m.events, m.requests, m.seconds,
		gauge("segproof_journal_records", "Records kept.", func(l level, _ tally) int64 { return int64(l.records) }),
		gauge("segproof_journal_bytes", "Bytes of bodies kept.", func(l level, _ tally) int64 { return l.bytes }),
		gauge("segproof_journal_lost", "Records that had to make room for newer ones, in scopes not reset since.", func(_ level, t tally) int64 { return int64(t.lost) }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// count takes a request that is answered, and what was recorded of it.
func (m *meter) count(req *Request, records []Record, began time.Time) {
	m.requests.WithLabelValues(strconv.Itoa(req.Status)).Inc()
	m.seconds.Observe(time.Since(began).Seconds())
	for _, rec := range records {
		kind := "other"
		if slices.Contains(event.Types(), rec.Event.Type) {
			kind = string(rec.Event.Type)
		}
		m.events.WithLabelValues(kind, string(rec.Verdict)).Inc()
	}
}

// showMetrics answers GET /metrics.
func (s *Server) showMetrics(c *call) error {
	var handler http.Handler = promhttp.HandlerFor(s.meter.registry, promhttp.HandlerOpts{})
	handler.ServeHTTP(c.w, c.r)
	return nil
}
