package main

import (
	"time"

	ld "github.com/launchdarkly/go-server-sdk/v7"
)

func newClient() *ld.LDClient {
	client, _ := ld.MakeClient("sdk-key-123abc", 5*time.Second)
	return client
}
