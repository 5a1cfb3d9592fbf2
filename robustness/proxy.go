//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

const socketName = ".s.PGSQL.5432"

// proxy stands in front of the server. It can delay what a client says, and delivers it even if the
// client has gone meanwhile; and it can cut all connections.
type proxy struct {
	dir, server string
	listener    net.Listener
	running     sync.WaitGroup

	delayPercent, delayMost atomic.Int64
	late                    atomic.Int64 // deliveries after the client had gone
	cuts                    atomic.Int64 // connections that were cut

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	done  bool
}

// newProxy listens in a folder of its own, as a server does, and forwards to the server that
// listens in another one.
func newProxy(dir, server string) (*proxy, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, socketName)) //nolint:noctx // it does not block
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &proxy{dir: dir, server: server, listener: listener, conns: map[net.Conn]struct{}{}}
	p.running.Go(p.accept)
	return p, nil
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.forward(client) })
	}
}

// forward connects a client with the server until either has gone.
func (p *proxy) forward(client net.Conn) {
	server, err := net.Dial("unix", filepath.Join(p.server, socketName)) //nolint:noctx // of this machine
	if err != nil {
		_ = client.Close()
		return
	}
	if !p.add(client, server) {
		return
	}
	defer p.remove(client, server)
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(client, server) // an error is an end
		_ = client.Close()
	})
	p.deliver(client, server)
	_ = server.Close()
	back.Wait()
}

// deliver hands what the client says to the server, some of it late.
func (p *proxy) deliver(client, server net.Conn) {
	buffer := make([]byte, 32<<10)
	delayed := false
	for {
		n, err := client.Read(buffer)
		if err != nil {
			if delayed && !errors.Is(err, net.ErrClosed) {
				p.late.Add(1)
			}
			return
		}
		if delayed = rand.Int64N(100) < p.delayPercent.Load(); delayed {
			most := max(p.delayMost.Load(), 2)
			time.Sleep(time.Duration(most/2 + rand.Int64N(most/2)))
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// delay makes a part of what clients say wait for up to a time; zero percent is none.
func (p *proxy) delay(percent int, most time.Duration) {
	p.delayMost.Store(int64(most))
	p.delayPercent.Store(int64(percent))
}

// cut closes all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close() // it may be closed already
		p.cuts.Add(1)
	}
}

func (p *proxy) add(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		if p.done {
			_ = conn.Close()
		} else {
			p.conns[conn] = struct{}{}
		}
	}
	return !p.done
}

func (p *proxy) remove(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close()
		delete(p.conns, conn)
	}
}

// close ends the proxy and all connections.
func (p *proxy) close() {
	p.mu.Lock()
	p.done = true
	p.mu.Unlock()
	_ = p.listener.Close()
	p.cut()
	p.running.Wait()
}
