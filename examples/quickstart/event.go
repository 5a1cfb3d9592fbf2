package main

import (
	"encoding/json"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// event is what this program reads of an event's JSON. Of the kinds that a client sends only
// migration_op has these fields.
type event struct {
	Kind       string                `json:"kind"`
	Operation  ldmigration.Operation `json:"operation"`
	Evaluation struct {
		Key   string            `json:"key"`
		Value ldmigration.Stage `json:"value"`
	} `json:"evaluation"`
	Measurements []measurement `json:"measurements"`
}

// measurement is one of invoked, consistent, latency_ms and error.
type measurement struct {
	Key    string                                 `json:"key"`
	Value  bool                                   `json:"value"`
	Values map[ldmigration.Origin]json.RawMessage `json:"values"`
}

func (e event) addTo(t *tally) {
	if e.Operation == ldmigration.Read {
		t.Reads++
	} else {
		t.Writes++
	}
	for _, m := range e.Measurements {
		switch m.Key {
		case "consistent":
			t.Checked++
			if !m.Value {
				t.Inconsistent++
			}
		case "error":
			t.Errors += len(m.Values)
		}
	}
}
