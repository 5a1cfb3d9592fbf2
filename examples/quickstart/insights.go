package main

import (
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// newInsights returns the figures behind the page of -serve. They ask for less than a service
// should ask for, so that nobody need wait for an hour to see a verdict.
func newInsights() (*insights.Figures, error) {
	thresholds := insights.DefaultThresholds()
	thresholds.Window, thresholds.Operations, thresholds.Checks = insights.LastMinute, 500, 500
	return insights.New(insights.Config{Thresholds: &thresholds})
}

// judge returns what the figures say about leaving a stage, forward or back.
func judge(figures *insights.Figures, from ldmigration.Stage, forward bool) []reason {
	verdict, known := figures.Verdict(flagKey)
	if !known || verdict.Stage != from {
		return []reason{{notYet, "no operation was seen at this stage yet"}}
	}
	move := verdict.Back
	if forward {
		move = verdict.Forward
	}
	var reasons []reason
	for _, r := range move.Reasons {
		reasons = append(reasons, reason{answer(r.Answer), r.Text})
	}
	return reasons
}
