package cutovertest_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

// caughtTest is a test that only collects what it is told.
type caughtTest struct {
	mu       sync.Mutex
	messages []string
	ended    bool
}

func (c *caughtTest) Helper()      {}
func (c *caughtTest) Name() string { return "TestCaught/of a kind" }

func (c *caughtTest) Errorf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages = append(c.messages, fmt.Sprintf(format, args...))
}

func (c *caughtTest) FailNow() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	runtime.Goexit()
}

func (c *caughtTest) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.messages, "\n")
}

// catch runs what a test does, to its end or to FailNow, and returns what it would have failed
// with.
func catch(test func(tb *caughtTest)) *caughtTest {
	tb, done := &caughtTest{}, make(chan struct{})
	go func() {
		defer close(done)
		test(tb)
	}()
	<-done
	return tb
}
