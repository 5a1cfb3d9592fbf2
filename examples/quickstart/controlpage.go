package main

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"net/http"
	"path"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

//go:embed control
var controlFiles embed.FS

var controlPages = template.Must(template.ParseFS(controlFiles, "control/*.html"))

// policy lets the page load its own files, talk to this server, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Handler has the control at the root, and beside it the figures. It has no password: only this
// machine may ask, and only by this page.
func (c *control) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/insights/", c.m.insights.Handler())
	mux.HandleFunc("GET /{$}", c.show)
	mux.HandleFunc("GET /control.css", file("text/css; charset=utf-8"))
	mux.HandleFunc("GET /control.js", file("text/javascript; charset=utf-8"))
	mux.HandleFunc("POST /stage", c.turn)
	mux.HandleFunc("POST /fix", c.action(c.fix))
	mux.HandleFunc("POST /copy-back", c.action(c.copyBack))
	mux.HandleFunc("POST /spoil", c.action(c.spoil))
	mux.HandleFunc("POST /stop", c.action(c.stopNew))
	mux.HandleFunc("POST /crash", c.action(c.crash))
	sameOrigin := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			http.Error(w, "ask for it by its loopback address", http.StatusForbidden)
			return
		}
		sameOrigin.ServeHTTP(w, r)
	})
}

// controlView is what the control page shows.
type controlView struct {
	Stages        []stop
	At            int
	Said          string
	Forward, Back *move
	Others        []move
	// LacksOld is true if the old database has not got what was written without it.
	LacksOld bool
	Noticed  string
	Journal  string
}

func (c *control) show(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	view := controlView{
		Stages: route, At: c.at, Said: c.said,
		LacksOld: c.lacks[ldmigration.Old], Noticed: c.m.traffic.faults.Noticed(), Journal: c.backlog(r.Context()),
	}
	for to := range route {
		planned := c.plan(to)
		switch to {
		case c.at:
		case c.at + 1:
			view.Forward = &planned
		case c.at - 1:
			view.Back = &planned
		default:
			view.Others = append(view.Others, planned)
		}
	}
	c.mu.Unlock()
	render(w, http.StatusOK, "control.html", view)
}

// ask shows why a move is unsafe, and a button that makes it all the same.
func ask(w http.ResponseWriter, planned move) {
	render(w, http.StatusConflict, "confirm.html", planned)
}

// action is a handler that does something and shows the control page again.
func (c *control) action(do func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), actionTimeout)
		defer cancel()
		c.answer(w, r, do(ctx))
	}
}

func (c *control) answer(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	c.m.say(string(route[c.at].stage), c.said)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func render(w http.ResponseWriter, status int, page string, what any) {
	var body bytes.Buffer
	if err := controlPages.ExecuteTemplate(&body, page, what); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", policy)
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // whoever asked may have gone
}

// file serves the file of the control that has the name of the request's path.
func file(contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := controlFiles.ReadFile("control/" + path.Base(r.URL.Path))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(body) //nolint:gosec // made by html/template
	}
}
