package cutover_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A service that imports cutover must not get the SDK's client, a test library or another package
// of this project with it.
func TestTheRootPackageStaysLight(t *testing.T) {
	t.Parallel()
	list, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	require.NoError(t, err, string(list))
	packages := strings.Fields(string(list))
	assert.Contains(t, packages, "github.com/launchdarkly/go-server-sdk/v7/interfaces")
	refused := regexp.MustCompile(
		`^(testing(/.*)?|github\.com/launchdarkly/go-server-sdk/v7|github\.com/stretchr/.*|go\.uber\.org/.*|` +
			`github\.com/gocutover/cutover/(cutovertest|reconcile|examples).*)$`)
	for _, path := range packages {
		if strings.HasPrefix(path, "github.com/gocutover/cutover/internal/") {
			continue
		}
		assert.NotRegexp(t, refused, path)
	}
}
