package main

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	cfg, err := parseConfig(nil, nil)
	require.NoError(t, err)
	want := config{seed: 1, orders: 3000, duration: 20 * time.Second, workers: 4, fix: true, repair: true, addr: "127.0.0.1:8080"}
	assert.Equal(t, want, cfg)

	cfg, err = parseConfig([]string{"-seed=9", "-orders=50", "-duration=3s", "-workers=2", "-fix=false", "-repair=false", "-serve", "-addr=[::1]:0"}, nil)
	require.NoError(t, err)
	assert.Equal(t, config{seed: 9, orders: 50, duration: 3 * time.Second, workers: 2, serve: true, addr: "[::1]:0"}, cfg)
}

func TestABadCommandLineGetsAClearError(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-workers 0":                "-workers 0: must be between 1 and 64",
		"-workers 65":               "-workers 65: must be between 1 and 64",
		"-orders 39":                "-orders 39: must be between 40, ten a worker, and 200000",
		"-orders 200001":            "-orders 200001: must be between",
		"-duration 10ms":            "-duration 10ms: must be between 1s and 1h0m0s",
		"-duration -5s":             "-duration -5s: must be between",
		"-duration soon":            `invalid value "soon" for flag -duration`,
		"-seed -1":                  `invalid value "-1" for flag -seed`,
		"-workers 0 -duration 10ms": "-duration 10ms",
		"-serve -addr :8080":        "-addr :8080: must be a loopback address",
		"-serve -addr 0.0.0.0:80":   "-addr 0.0.0.0:80: must be a loopback address",
		"-speed 9":                  "flag provided but not defined: -speed",
		"shadow":                    `unexpected argument "shadow"`,
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			_, err := parseConfig(strings.Fields(args), nil)
			assert.ErrorContains(t, err, want)
		})
	}
}

func TestALoopbackAddressIsOneThatNobodyElseCanReach(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{
		"127.0.0.1:8080": true, "127.0.0.1": true, "127.9.9.9:80": true, "localhost:8080": true, "localhost": true,
		"[::1]:8080": true, "[::1]": true, "::1": true,
		"": false, ":8080": false, "0.0.0.0:8080": false, "10.0.0.1:80": false, "example.com": false, "localhost.example.com:80": false,
	} {
		assert.Equal(t, want, isLoopback(addr), addr)
	}
}

func TestHelpListsTheFlags(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	_, err := parseConfig([]string{"-help"}, &out)
	require.ErrorIs(t, err, flag.ErrHelp)
	for _, name := range []string{"-seed", "-orders", "-duration", "-workers", "-fix", "-serve", "-addr"} {
		assert.Contains(t, out.String(), name)
	}
}
