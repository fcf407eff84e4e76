package mockserver

import (
	"fmt"
	"runtime/debug"
	"sync"

	"segproof/event"
	"segproof/finding"
)

func validatorFailed() finding.Rule {
	return finding.Rule{
		ID:       "validator-failed",
		Severity: finding.Error,
		Layer:    finding.Contract,
		Title:    "the checker crashed on this event",
		Why: "An event that could not be judged is not known to be good. The event is recorded, the server lives; " +
			"the crash is a bug of the checker's, worth reporting with the event.",
		Hit:       `an event on which Validate panics`,
		Neighbour: `an event on which Validate returns findings`,
	}
}

// checkAll has records checked, on a goroutine that ends with it: checking goes deep, and
// the stack that it needs would stay with the connection for as long as that is open.
func (s *Server) checkAll(records []Record) {
	var checking sync.WaitGroup
	checking.Go(func() {
		for i := range records {
			records[i].Findings = s.check(records[i].Event)
		}
	})
	checking.Wait()
}

// check asks the checker, and survives it.
func (s *Server) check(ev event.Event) (findings []finding.Finding) {
	if s.checker == nil {
		return nil
	}
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		// The panic's text may quote the event: it goes to the finding, not to the log.
		s.log.error("checker panicked", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		rule := validatorFailed()
		findings = []finding.Finding{{
			Rule: rule.ID, Severity: rule.Severity, Layer: rule.Layer,
			Line: ev.At.Line, Column: ev.At.Column,
			Event:   finding.Event{Type: string(ev.Type), Name: ev.Name, Version: ev.Version},
			Message: fmt.Sprintf("the checker crashed: %.200s", fmt.Sprint(p)),
			Hint:    "this is a bug of the checker's; report it with this event",
		}}
	}()
	return s.checker.Validate(ev)
}
