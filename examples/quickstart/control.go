package main

import (
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"sync"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

//go:embed control.html
var controlPage string

var controlTemplate = template.Must(template.New("control").Parse(controlPage))

// control moves the stage by hand. It stands in for LaunchDarkly's dashboard, and for the people who mend things.
type control struct {
	m *migration

	mu    sync.Mutex // one action at a time
	stage ldmigration.Stage
	said  string
}

func newControl(m *migration) *control {
	return &control{m: m, stage: ldmigration.Off, said: "The old database serves all reads and writes."}
}

// Handler has the control at the root, and beside it the figures. It has no password: only this machine may ask, and
// only by this page.
func (c *control) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/insights/", c.m.insights.Handler())
	mux.HandleFunc("GET /{$}", c.show)
	mux.HandleFunc("POST /stage", c.action(c.turn))
	mux.HandleFunc("POST /fix", c.action(c.fix))
	mux.HandleFunc("POST /spoil", c.action(c.spoil))
	sameOrigin := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			http.Error(w, "ask for it by its loopback address", http.StatusForbidden)
			return
		}
		sameOrigin.ServeHTTP(w, r)
	})
}

func (c *control) show(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	_ = controlTemplate.Execute(w, map[string]any{"Stages": route, "Now": c.stage, "Said": c.said}) // whoever asked may have gone
}

func (c *control) action(do func(*http.Request) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		said, err := do(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		c.said = said
		c.m.say(string(c.stage), said)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

// turn sets the stage. When the dual writes begin, it copies what was there before them.
func (c *control) turn(r *http.Request) (string, error) {
	to := ldmigration.Stage(r.PostFormValue("stage"))
	at := slices.IndexFunc(route, func(s stop) bool { return s.stage == to })
	if at < 0 {
		return "", fmt.Errorf("%q is no stage", to)
	}
	if err := c.m.flag.Turn(r.Context(), c.m.client, to); err != nil {
		return "", err
	}
	c.m.traffic.Settle()
	from := c.stage
	c.stage = to
	said := route[at].Means()
	if from == ldmigration.Off && to != ldmigration.Off && to != ldmigration.Complete {
		copied, err := backfill(r.Context(), c.m.legacy, c.m.modern)
		if err != nil {
			return "", err
		}
		said += fmt.Sprintf(" %s orders that were there before were copied.", thousands(copied))
	}
	return said, nil
}

func (c *control) fix(r *http.Request) (string, error) {
	repaired, err := c.m.repairPrices(r.Context())
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Fixed the price column and repaired %s orders.", thousands(repaired)), nil
}

// spoil changes an order in the new database behind the service's back, and then reads it as its customer would.
func (c *control) spoil(r *http.Request) (string, error) {
	defer c.m.traffic.Pause()()
	id, err := c.m.modern.Spoil(r.Context())
	if err != nil {
		return "", err
	}
	if err := c.read(r.Context(), id); err != nil {
		return "", err
	}
	said := fmt.Sprintf("Changed the status of order %d in the new database and read it.", id)
	if c.stage != ldmigration.Shadow && c.stage != ldmigration.Live {
		said += " Reads are compared at shadow and live only."
	}
	return said, nil
}

func (c *control) read(ctx context.Context, id int64) error {
	_, err := c.m.orders.Order(ctx, Customer{}, id)
	return err
}
