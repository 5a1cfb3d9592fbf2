package insights

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// hosts are the names that the page answers to beside the machine's own.
type hosts struct {
	any   bool
	names map[string]bool
}

func hostsOf(given []string) (hosts, error) {
	h := hosts{names: map[string]bool{}}
	for _, name := range given {
		plain := hostName(name)
		switch {
		case name == "*":
			h.any = true
		case plain == "" || strings.ContainsAny(name, "/ *?#@"):
			return hosts{}, fmt.Errorf("hosts: have %q: want a name or an address, or \"*\" for any", name)
		default:
			h.names[plain] = true
		}
	}
	return h, nil
}

// allow reports whether a request by that Host may be answered. A page of a stranger whose name
// leads to this machine has the stranger's name in it.
func (h *hosts) allow(host string) bool {
	name := hostName(host)
	if h.any || h.names[name] || name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(name)
	return err == nil && address.Unmap().IsLoopback()
}

// hostName is a host without its port, brackets and last dot, in small letters.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
