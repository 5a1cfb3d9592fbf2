package cutovertest

import "context"

// TB is what this package needs of a test. *testing.T, *testing.B and testify's TestingT with a
// Helper method are one; so is a recorder that catches failures.
type TB interface {
	// Helper marks the caller as a helper: failures are reported at the line that called it.
	Helper()
	// Errorf reports a failure and lets the test go on.
	Errorf(format string, args ...any)
	// FailNow ends the test.
	FailNow()
}

// contextOf returns the test's own context if it has one: it ends with the test.
func contextOf(tb TB) context.Context {
	if has, ok := tb.(interface{ Context() context.Context }); ok {
		return has.Context()
	}
	return context.Background()
}

// nameOf returns the test's name, or nothing if it has none.
func nameOf(tb TB) string {
	if has, ok := tb.(interface{ Name() string }); ok {
		return has.Name()
	}
	return ""
}
