package cutover_test

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if playedFault() {
		return
	}
	goleak.VerifyTestMain(m)
}
