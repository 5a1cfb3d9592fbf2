package otelcutover_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Which SDK and which exporters there are is the service's business.
func TestItNeedsTheAPIAlone(t *testing.T) {
	t.Parallel()
	list, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	require.NoError(t, err, string(list))
	packages := strings.Fields(string(list))
	assert.Contains(t, packages, "go.opentelemetry.io/otel/metric")
	for _, path := range packages {
		for _, refused := range []string{
			"testing", "go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/otel/exporters", "github.com/prometheus", "github.com/stretchr",
		} {
			assert.False(t, path == refused || strings.HasPrefix(path, refused+"/"), path)
		}
	}
}
