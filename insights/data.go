package insights

import (
	"net/http"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// data is what the page shows.
type data struct {
	Flags  []summary `json:"flags"`
	Report *Report   `json:"report"` // nil as long as no operation ran
	// Refused is how many operations were not counted, because they were of too many flags or at no
	// stage.
	Refused uint64 `json:"refused"`
}

type summary struct {
	Flag    string              `json:"flag"`
	InUse   []ldmigration.Stage `json:"inUse"`
	Forward Answer              `json:"forward"`
}

func (f *Figures) serveData(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	d := data{Flags: []summary{}, Refused: f.refused.Load()}
	since := time.Since(f.start)
	for _, key := range f.Flags() {
		known := f.known(key)
		j := f.judge(known, since)
		v := verdictOf(known, j)
		d.Flags = append(d.Flags, summary{Flag: key, InUse: stagesOf(j.inUse), Forward: v.Forward.Answer})
	}
	wanted := query.Get("flag")
	if wanted == "" && len(d.Flags) > 0 {
		wanted = d.Flags[0].Flag
	}
	if report, known := f.Report(wanted, Window(query.Get("window"))); known {
		d.Report = &report
	}
	serveJSON(w, d)
}
