package insights

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"
)

//go:embed page
var pageFiles embed.FS

const (
	htmlType = "text/html; charset=utf-8"
	jsonType = "application/json; charset=utf-8"
)

// asset is a file of the page and its content type.
type asset struct{ file, contentType string }

var assets = map[string]asset{
	"":                  {"index.html", htmlType},
	"page.css":          {"page.css", "text/css; charset=utf-8"},
	"page.js":           {"page.js", "text/javascript; charset=utf-8"},
	"charts.js":         {"charts.js", "text/javascript; charset=utf-8"},
	"figures.js":        {"figures.js", "text/javascript; charset=utf-8"},
	"dom.js":            {"dom.js", "text/javascript; charset=utf-8"},
	"mismatches.js":     {"mismatches.js", "text/javascript; charset=utf-8"},
	"records.js":        {"records.js", "text/javascript; charset=utf-8"},
	"lists.js":          {"lists.js", "text/javascript; charset=utf-8"},
	"words.js":          {"words.js", "text/javascript; charset=utf-8"},
	"icon.svg":          {"icon.svg", "image/svg+xml"},
	"uPlot.min.css":     {"uPlot.min.css", "text/css; charset=utf-8"},
	"uPlot.iife.min.js": {"uPlot.iife.min.js", "text/javascript; charset=utf-8"},
	"uPlot.LICENSE":     {"uPlot.LICENSE", "text/plain; charset=utf-8"},
}

// headers say that nothing but this page's own files may run, load or frame it, and that nobody may
// keep it.
var headers = map[string]string{
	"Cache-Control": "no-store",
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
}

// Handler returns the page, and the same as JSON: data.json beside the page, or the page's own
// address with ?format=json. Both take ?flag=… and ?window=minute, hour or start. keys.json?flag=…
// is [Figures.Keys].
//
// It may be mounted under any path that ends with a slash, with [http.StripPrefix] or without. It
// answers GET and HEAD alone, changes nothing, and asks nobody who they are: see the package
// documentation.
//
// It answers only requests whose Host is a name or address of the machine itself, or listed in
// [Config.Hosts], and the others with status 403. Otherwise the page of a stranger, whose name is
// made to lead to a loopback or internal address, could read the figures through the browser of
// somebody who is allowed to (DNS rebinding).
func (f *Figures) Handler() http.Handler { return http.HandlerFunc(f.serve) }

func (f *Figures) serve(w http.ResponseWriter, r *http.Request) {
	for name, value := range headers {
		w.Header().Set(name, value)
	}
	if !f.cfg.hosts.allow(r.Host) {
		http.Error(w, fmt.Sprintf("host %q is not allowed: list it in the Hosts of insights.Config", bounded(r.Host, maxText)), http.StatusForbidden)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this page is read-only", http.StatusMethodNotAllowed)
		return
	}
	_, name := path.Split(r.URL.Path)
	file, known := assets[name]
	switch {
	case r.URL.Path == "":
		toSlash(w, r)
	case name == "data.json", name == "" && r.URL.Query().Get("format") == "json":
		f.serveData(w, r)
	case name == "keys.json":
		serveJSON(w, f.Keys(r.URL.Query().Get("flag")))
	case known:
		serveFile(w, file)
	default:
		http.NotFound(w, r)
	}
}

// toSlash sends the browser to the same path with a slash, so that the page's files are beside it.
// The prefix that was stripped is not known here, but its last part is.
func toSlash(w http.ResponseWriter, r *http.Request) {
	asked, _, _ := strings.Cut(r.RequestURI, "?")
	to := "./" + path.Base(asked) + "/"
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusTemporaryRedirect)
}

func serveJSON(w http.ResponseWriter, what any) {
	body, err := json.Marshal(what)
	if err != nil {
		http.Error(w, "figures cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", jsonType)
	_, _ = w.Write(body) // whoever asked may have gone
}

func serveFile(w http.ResponseWriter, file asset) {
	body, err := pageFiles.ReadFile("page/" + file.file)
	if err != nil {
		http.Error(w, "file of the page is missing", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", file.contentType)
	_, _ = w.Write(body)
}
