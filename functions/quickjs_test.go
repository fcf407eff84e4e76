package functions

import (
	"strings"
	"testing"
	"time"
)

// A panic of the engine, here of one that was never started, is an error of the run.
func TestPanicOfTheEngineIsAnError(t *testing.T) {
	if _, err := (&quickJS{}).converse(time.Now().Add(time.Hour), "{}"); err == nil || !strings.HasPrefix(err.Error(), "quickjs: ") {
		t.Errorf("converse() error = %v, want what the engine panicked with", err)
	}
}
