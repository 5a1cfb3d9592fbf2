package otelcutover_test

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/otelcutover"
)

// exported are the metrics as Prometheus gets them, each with its labels: all that exist after one
// of everything.
func exported(t *testing.T) map[string]map[string]bool {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry))
	require.NoError(t, err)
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	r := newRig(t, otelcutover.WithMeterProvider(meters))

	o := observation()
	r.Observe(t.Context(), o)
	for _, o.Consistency = range []cutover.Consistency{cutover.Inconsistent, cutover.Ignored, cutover.NotSampled} {
		o.IgnoredBy = "rule"
		r.Observe(t.Context(), o)
	}
	o.New.Err, o.FellBack = &cutover.TimeoutError{Err: &cutover.PanicError{}}, true
	r.Observe(t.Context(), o)
	o.New.Err, o.New.NotFound, o.FellBack = errors.New("no rows"), true, false
	r.Observe(t.Context(), o)
	o.New = cutover.Outcome[any]{Err: cutover.ErrSecondarySkipped}
	o.Old.Err = errors.New("down")
	r.Observe(t.Context(), o)
	r.ObserveStage(t.Context(), cutover.StageChange{Flag: flagKey, From: "off", To: "shadow"})

	families, err := registry.Gather()
	require.NoError(t, err)
	metrics := make(map[string]map[string]bool)
	for _, family := range families {
		labels := map[string]bool{"job": true, "instance": true} // which the scrape adds
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				labels[label.GetName()] = true
			}
		}
		name := family.GetName()
		metrics[name] = labels
		if family.GetType().String() == "HISTOGRAM" {
			delete(metrics, name)
			metrics[name+"_count"], metrics[name+"_sum"] = labels, labels
			withBound := map[string]bool{"le": true}
			for label := range labels {
				withBound[label] = true
			}
			metrics[name+"_bucket"] = withBound
		}
	}
	return metrics
}

func TestThePrometheusNamesAreTheOnesOfTheDocumentation(t *testing.T) {
	t.Parallel()
	var names []string
	for name := range exported(t) {
		if strings.HasPrefix(name, "cutover_") {
			names = append(names, name)
		}
	}
	assert.ElementsMatch(t, []string{
		"cutover_origin_duration_seconds_bucket", "cutover_origin_duration_seconds_count", "cutover_origin_duration_seconds_sum",
		"cutover_consistency_checks_total", "cutover_secondary_timeouts_total", "cutover_secondary_panics_total",
		"cutover_secondary_skips_total", "cutover_fallbacks_total", "cutover_rechecks_total",
		"cutover_stage_changes_total", "cutover_stage_active",
	}, names)
}

// expressions finds what of a dashboard is sent to Prometheus, and the legends and titles made of
// its answers.
func expressions(v any, found *[]string, labels *[]string) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			text, isText := value.(string)
			switch {
			case isText && (key == "expr" || key == "definition" || key == "query" && strings.Contains(text, "(")):
				*found = append(*found, text)
			case isText && (key == "legendFormat" || key == "titleFormat"):
				for _, match := range inBraces.FindAllStringSubmatch(text, -1) {
					*labels = append(*labels, match[1])
				}
			case key == "renameByName" || key == "indexByName" || key == "excludeByName":
				for column := range value.(map[string]any) {
					*labels = append(*labels, column)
				}
			default:
				expressions(value, found, labels)
			}
		}
	case []any:
		for _, value := range v {
			expressions(value, found, labels)
		}
	}
}

var (
	inBraces = regexp.MustCompile(`\{\{(.*?)\}\}`)
	quoted   = regexp.MustCompile(`"[^"]*"`)
	ranges   = regexp.MustCompile(`\[[^\]]*\]|offset +\w+`)
	matchers = regexp.MustCompile(`\{([^}]*)\}`)
	grouping = regexp.MustCompile(`\b(?:by|without|on) *\(([^)]*)\)`)
	ofLabels = regexp.MustCompile(`label_values\(([^,]*?)(\{[^}]*\})?, *(\w+)\)`)
	word     = regexp.MustCompile(`[A-Za-z_:][\w:]*`)
)

// namesIn takes an expression apart: the metrics it reads, and the labels it selects or groups by.
func namesIn(expression string) (metrics, labels []string) {
	rest := quoted.ReplaceAllString(expression, "")
	rest = ofLabels.ReplaceAllString(rest, "$1$2 by ($3)")
	rest = ranges.ReplaceAllString(rest, " ")
	for _, list := range []*regexp.Regexp{matchers, grouping} {
		for _, match := range list.FindAllStringSubmatch(rest, -1) {
			labels = append(labels, word.FindAllString(match[1], -1)...)
		}
		rest = list.ReplaceAllString(rest, " ")
	}
	known := map[string]bool{
		"sum": true, "max": true, "rate": true, "increase": true, "histogram_quantile": true,
		"or": true, "and": true, "unless": true,
	}
	for _, name := range word.FindAllString(rest, -1) {
		if !known[name] {
			metrics = append(metrics, name)
		}
	}
	return metrics, labels
}

func TestTheDashboardNamesOnlyMetricsThatExist(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("dashboard/cutover.json")
	require.NoError(t, err)
	var dashboard any
	require.NoError(t, json.Unmarshal(data, &dashboard))
	var found, shown []string
	expressions(dashboard, &found, &shown)
	require.Greater(t, len(found), 20)

	existing, used, selected := exported(t), make(map[string]bool), make(map[string]bool)
	for _, expression := range found {
		metrics, labels := namesIn(expression)
		require.NotEmpty(t, metrics, expression)
		for _, metric := range metrics {
			require.Contains(t, existing, metric, expression)
			used[metric] = true
			for _, label := range labels {
				assert.Contains(t, existing[metric], label, expression)
				selected[label] = true
			}
		}
	}
	for _, label := range shown {
		if label != "Time" && label != "Value" {
			assert.Contains(t, selected, label, "a legend of what no expression answers")
		}
	}
	for metric := range existing {
		if strings.HasPrefix(metric, "cutover_") && !strings.HasSuffix(metric, "_sum") {
			assert.Contains(t, used, metric, "a metric that the dashboard does not show")
		}
	}
}

func TestNamesAreFoundInExpressions(t *testing.T) {
	t.Parallel()
	metrics, labels := namesIn(
		`sum by (le, a) (rate(x_bucket{b="sum(y)",c=~"$z"}[$__rate_interval] offset 5m)) or 0 * max(y_total) unless on (d) z`)
	assert.Equal(t, []string{"x_bucket", "y_total", "z"}, metrics)
	assert.ElementsMatch(t, []string{"le", "a", "b", "c", "d"}, labels)
	metrics, labels = namesIn(`label_values(x{flag="$flag"}, job)`)
	assert.Equal(t, []string{"x"}, metrics)
	assert.Equal(t, []string{"flag", "job"}, labels)
}

func TestThePanelsOfTheDashboardDoNotOverlap(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("dashboard/cutover.json")
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
		}
	}
	require.NoError(t, json.Unmarshal(data, &dashboard))
	taken, ids := make(map[[2]int]string), make(map[int]bool)
	for _, panel := range dashboard.Panels {
		assert.False(t, ids[panel.ID], "the id of %q is not its own", panel.Title)
		ids[panel.ID] = true
		at := panel.GridPos
		assert.LessOrEqual(t, at.X+at.W, 24, panel.Title)
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				assert.Empty(t, taken[[2]int{x, y}], panel.Title)
				taken[[2]int{x, y}] = panel.Title
			}
		}
	}
}
