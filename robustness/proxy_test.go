//go:build unix

package main

import (
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// behind returns a proxy in front of a listener.
func behind(t *testing.T) (*proxy, net.Listener) {
	t.Helper()
	dir := t.TempDir()
	server, err := net.Listen("unix", filepath.Join(dir, socketName))
	require.NoError(t, err)
	p, err := newProxy(filepath.Join(dir, "p"), dir)
	require.NoError(t, err)
	t.Cleanup(func() {
		p.close()
		require.NoError(t, server.Close())
	})
	return p, server
}

func connect(t *testing.T, p *proxy, server net.Listener) (client, accepted net.Conn) {
	t.Helper()
	client, err := net.Dial("unix", filepath.Join(p.dir, socketName))
	require.NoError(t, err)
	accepted, err = server.Accept()
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = client.Close()
		_ = accepted.Close()
	})
	return client, accepted
}

func TestAProxyDeliversAfterTheClientHasGone(t *testing.T) {
	t.Parallel()
	p, server := behind(t)
	client, accepted := connect(t, p, server)
	p.delay(100, 50*time.Millisecond)
	began := time.Now()
	_, err := client.Write([]byte("late"))
	require.NoError(t, err)
	require.NoError(t, client.Close())
	got, err := io.ReadAll(accepted)
	require.NoError(t, err)
	require.Equal(t, "late", string(got))
	require.GreaterOrEqual(t, time.Since(began), 25*time.Millisecond)
	require.Equal(t, int64(1), p.late.Load())
}

func TestAProxyAnswersAndCuts(t *testing.T) {
	t.Parallel()
	p, server := behind(t)
	client, accepted := connect(t, p, server)
	_, err := accepted.Write([]byte("answer"))
	require.NoError(t, err)
	answer := make([]byte, 6)
	_, err = io.ReadFull(client, answer)
	require.NoError(t, err)
	require.Equal(t, "answer", string(answer))
	p.cut()
	_, err = client.Read(answer)
	require.Error(t, err)
	_, err = accepted.Read(answer)
	require.Error(t, err)
	require.Equal(t, int64(2), p.cuts.Load())
	connect(t, p, server) // which is possible again
}
