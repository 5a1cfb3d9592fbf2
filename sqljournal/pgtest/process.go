//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startWithin = time.Minute
	pollEvery   = 5 * time.Millisecond
)

// process is a server's main process.
type process struct {
	cmd  *exec.Cmd
	log  string
	gone chan struct{}
}

// start starts a server. The goroutine that waits for its end keeps its thread, because the kernel
// ends the server with the thread that started it.
func start(bin, dir string, args []string, cred *syscall.Credential) (*process, error) {
	p := &process{log: filepath.Join(dir, "log"), gone: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		return nil, fmt.Errorf("log of PostgreSQL: %w", err)
	}
	p.cmd = exec.CommandContext(context.Background(), filepath.Join(bin, "postgres"), args...) //nolint:gosec // found by Binaries
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, out, out
	p.cmd.SysProcAttr = attributes(cred)
	started := make(chan error)
	go func() {
		defer close(p.gone)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended is in its log
		}
	}()
	err = errors.Join(<-started, out.Close())
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return p, nil
}

// ready waits until the server takes connections, which it writes into its lock file.
func (p *process) ready(data string, deadline time.Time) error {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		lines := strings.Split(read(filepath.Join(data, "postmaster.pid")), "\n")
		if len(lines) > 7 && lines[0] == strconv.Itoa(p.cmd.Process.Pid) && strings.TrimSpace(lines[7]) == "ready" {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("postgres takes no connections: %s", read(p.log))
		}
		select {
		case <-p.gone:
			return fmt.Errorf("postgres ended: %s", read(p.log))
		case <-poll.C:
		}
	}
}

// over reports whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// end sends a signal, and returns when the process has ended.
func (p *process) end(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig) // it may have ended already
	<-p.gone
}

func read(path string) string {
	text, err := os.ReadFile(path) //nolint:gosec // in the server's folder
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// unprivileged returns whom the server runs as: PostgreSQL refuses to run as root. It returns nil
// for anybody else.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is what a command takes for "as we are"
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
}
