package cutover

import (
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Cutover is one migration: a flag, and how reads and writes run under it. Its readers and writers share it, and it is
// safe for concurrent use. Make one with [New] when the service starts.
type Cutover struct {
	settings     *settings
	flag         string
	defaultStage ldmigration.Stage
	memory       flagMemory
}

// FlagKey returns the key of the migration flag.
func (c *Cutover) FlagKey() string { return c.flag }

func (c *Cutover) request(user ldcontext.Context) request {
	return request{flag: c.flag, user: user, defaultStage: c.defaultStage, memory: &c.memory}
}
