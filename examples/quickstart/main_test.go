package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(crashVariable) != "" { // this is the second instance of a test
		fmt.Fprintln(os.Stderr, runDoomed(context.Background(), os.Stdin))
		return
	}
	goleak.VerifyTestMain(m)
}
